"""Is what the exchange states about an account consistent with itself?"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from s1mpletrader.model.orders import Side
from s1mpletrader.simulator.account import Account, total
from s1mpletrader.simulator.pairs import PAIRS

_NOTHING = Decimal(0)


def duplicate_client_ids(account: Account) -> list[str]:
    """Return the client ids that more than one order ever had, open or closed."""
    ids = Counter(order.draft.client_id for order in account.orders.values())
    return sorted(name for name, count in ids.items() if name is not None and count > 1)


def findings(account: Account) -> list[str]:
    """Return what contradicts itself; empty for a sound account."""
    return [*_balances(account), *_orders(account), *_legs(account)]


def _balances(account: Account) -> Iterator[str]:
    for asset, balance in account.balances.items():
        if balance != total(account.ledger, asset):
            yield f"{asset}: balance {balance} is not the ledger's {total(account.ledger, asset)}"
        if balance < 0:
            yield f"{asset}: balance {balance} is negative"
    running: dict[str, Decimal] = {}
    for entry in account.ledger:
        running[entry.asset] = running.get(entry.asset, _NOTHING) + entry.amount - entry.fee
        if running[entry.asset] != entry.balance:
            yield f"{entry.ledger_id}: states {entry.balance}, runs to {running[entry.asset]}"


def _orders(account: Account) -> Iterator[str]:
    for order in account.orders.values():
        trades = [account.trades[exec_id] for exec_id in order.trades]
        for word, stated, summed in (
            ("executed", order.executed, sum((t.qty for t in trades), _NOTHING)),
            ("cost", order.cost, sum((t.cost for t in trades), _NOTHING)),
            ("fee", order.fee, sum((t.fee for t in trades), _NOTHING)),
        ):
            if stated != summed:
                yield f"{order.txid}: {word} {stated} is not its trades' {summed}"
        if not 0 <= order.executed <= order.qty:
            yield f"{order.txid}: executed {order.executed} of {order.qty}"
        if order.is_open != (order.txid in account.open):
            yield f"{order.txid}: {order.status}, but not in that list"


def _legs(account: Account) -> Iterator[str]:
    entries = {entry.ledger_id: entry for entry in account.ledger}
    for trade in account.trades.values():
        pair, sign = PAIRS[trade.symbol], 1 if trade.side is Side.BUY else -1
        booked = {entries[name].asset: entries[name].amount for name in trade.ledgers}
        if booked != {pair.base.name: sign * trade.qty, pair.quote.name: -sign * trade.cost}:
            yield f"{trade.exec_id}: {trade.side} {trade.qty} for {trade.cost}, booked {booked}"

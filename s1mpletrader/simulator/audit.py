"""What is the truth, for whoever checks a client's books against it?

Ground truth, not subject to lags, paging or faults; amounts as exact texts.
"""

from typing import Any

from s1mpletrader.simulator import audit_checks
from s1mpletrader.simulator.account import Account
from s1mpletrader.simulator.values import LedgerEntry, Order, Trade
from s1mpletrader.simulator.venue import Venue

SCHEMA = "s1mpletrader.exchange-audit/1"


def audit(venue: Venue, name: str | None = None) -> dict[str, Any]:
    """Return everything about all accounts, or about the account `name`."""
    chosen = [account for account in venue.accounts.values() if name in {None, account.name}]
    return {
        "schema": SCHEMA,
        "protocol_us": venue.at_us,
        "market_us": venue.market_us(),
        "played": dict(venue.played),
        "tape_ended": venue.tape_ended,
        "status": venue.status,
        "nonces": dict(venue.nonces),
        "last": {symbol: f"{price:f}" for symbol, price in venue.book.last.items()},
        "accounts": {account.name: _account(account, venue) for account in chosen},
    }


def _account(account: Account, venue: Venue) -> dict[str, Any]:
    holds = venue.book.rules.stops_hold
    return {
        "balances": {asset: f"{amount:f}" for asset, amount in account.balances.items()},
        "held": {asset: f"{account.held(asset, stops_hold=holds):f}" for asset in account.balances},
        "orders": [_order(order) for order in account.orders.values()],
        "fills": [_fill(trade, account) for trade in account.trades.values()],
        "ledger": [_entry(entry) for entry in account.ledger],
        "duplicate_client_ids": audit_checks.duplicate_client_ids(account),
        "findings": audit_checks.findings(account),
    }


def _order(order: Order) -> dict[str, Any]:
    draft = order.draft
    return {
        "txid": order.txid,
        "client_id": draft.client_id,
        "user": order.user,
        "symbol": draft.symbol,
        "side": str(draft.side),
        "type": str(draft.type),
        "tif": str(draft.tif),
        "status": str(order.status),
        "qty": f"{order.qty:f}",
        "executed": f"{order.executed:f}",
        "cost": f"{order.cost:f}",
        "fee": f"{order.fee:f}",
        "fee_in_base": order.fee_in_base,
        "limit_price": None if order.limit_price is None else f"{order.limit_price:f}",
        "trigger_price": None if order.trigger_price is None else f"{order.trigger_price:f}",
        "triggered": order.triggered,
        "received_us": order.received_us or order.opened_us,
        "opened_us": order.opened_us,
        "closed_us": order.closed_us,
        "deadline_us": draft.deadline_us,
        "reason": order.reason,
        "trades": list(order.trades),
    }


def _fill(trade: Trade, account: Account) -> dict[str, Any]:
    return {
        "exec_id": trade.exec_id,
        "txid": trade.txid,
        "client_id": account.orders[trade.txid].draft.client_id,
        "symbol": trade.symbol,
        "side": str(trade.side),
        "price": f"{trade.price:f}",
        "qty": f"{trade.qty:f}",
        "cost": f"{trade.cost:f}",
        "fee": f"{trade.fee:f}",
        "base_fee": f"{trade.base_fee:f}",
        "maker": trade.maker,
        "trade_id": trade.number,
        "time_us": trade.time_us,
        "ledgers": list(trade.ledgers),
    }


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "ledger_id": entry.ledger_id,
        "ref_id": entry.ref_id,
        "kind": entry.kind,
        "asset": entry.asset,
        "amount": f"{entry.amount:f}",
        "fee": f"{entry.fee:f}",
        "balance": f"{entry.balance:f}",
        "time_us": entry.time_us,
    }

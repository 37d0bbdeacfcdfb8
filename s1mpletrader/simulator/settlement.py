"""What does one execution cost, and what is an order afterwards?"""

from decimal import ROUND_DOWN, Decimal

from msgspec.structs import replace

from s1mpletrader.core import matching
from s1mpletrader.model.base import Micros
from s1mpletrader.model.orders import Side
from s1mpletrader.simulator.account import Account, with_fee
from s1mpletrader.simulator.identity import Ids
from s1mpletrader.simulator.pairs import PAIRS
from s1mpletrader.simulator.values import Order, Trade

_NOTHING = Decimal(0)


def execution(
    order: Order,
    account: Account,
    ids: Ids,
    price: Decimal,
    qty: Decimal,
    *,
    maker: bool,
    at_us: Micros,
) -> Trade:
    """Return the execution of a part of an order at a price, with its fee."""
    step, tier = PAIRS[order.draft.symbol].cost_step, account.tier(at_us)
    cost = matching.cost_of(price, qty, step)
    rate = (tier.maker if maker else tier.taker) / 100
    return Trade(
        exec_id=ids.new("T"),
        txid=order.txid,
        account=account.name,
        symbol=order.draft.symbol,
        side=order.draft.side,
        type=order.draft.type,
        price=price,
        qty=qty,
        cost=cost,
        fee=matching.fee_of(cost, rate, step),
        maker=maker,
        number=ids.number("execution"),
        time_us=at_us,
        base_fee=_base_fee(order, account, qty, rate),
    )


def with_trade(order: Order, trade: Trade) -> Order:
    """Return the order with one more execution."""
    return replace(
        order,
        executed=order.executed + trade.qty,
        cost=order.cost + trade.cost,
        fee=order.fee + trade.fee,
        trades=(*order.trades, trade.exec_id),
    )


def is_covered(order: Order, account: Account, price: Decimal, qty: Decimal) -> bool:
    """Whether the account has what an execution takes: a withdrawal by hand may have emptied it."""
    pair = PAIRS[order.draft.symbol]
    if order.draft.side is Side.SELL:
        return qty <= account.balances.get(pair.base.name, _NOTHING)
    cost = with_fee(price * qty, pair.cost_step)
    return cost <= account.balances.get(pair.quote.name, _NOTHING)


def part_of(order: Order, fraction: Decimal) -> Decimal:
    """Return a fraction of what remains, in lots."""
    return (order.remaining * fraction).quantize(PAIRS[order.draft.symbol].qty_step, ROUND_DOWN)


def _base_fee(order: Order, account: Account, qty: Decimal, rate: Decimal) -> Decimal:
    """Return the fee in base where it is taken there: a sell needs coins left to pay it."""
    base = PAIRS[order.draft.symbol].base
    if not order.fee_in_base:
        return _NOTHING
    fee = (qty * rate).quantize(Decimal(1).scaleb(-base.decimals), ROUND_DOWN)
    sold = qty if order.draft.side is Side.SELL else -qty
    return fee if sold + fee <= account.balances.get(base.name, _NOTHING) else _NOTHING

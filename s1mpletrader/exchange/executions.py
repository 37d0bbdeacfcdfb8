"""What does a report of the executions stream prove about an order?

Updates of the kinds new, canceled and filled may lack symbol, side and client id: they are
completed from what earlier reports of the same order said.
"""

from decimal import Decimal
from typing import NamedTuple

from s1mpletrader.errors import ExchangeProtocolError
from s1mpletrader.exchange.frame_codec import Charge, Execution, Report
from s1mpletrader.model.ids import Asset, ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.inputs import OrderEvent
from s1mpletrader.model.orders import Fill, Side


class _Known(NamedTuple):
    client_id: ClientOrderId | None
    symbol: Symbol | None
    side: Side | None


class ExecutionMerge:
    """Turns reports into order events; remembers at most `orders_max` orders."""

    def __init__(self, orders_max: int = 10_000) -> None:
        self._orders_max = orders_max
        self._known: dict[ExchangeOrderId, _Known] = {}

    def merge(self, report: Report) -> OrderEvent:
        """Return the event; raises `ExchangeProtocolError` for a fill of an unknown pair."""
        known = self._remember(report)
        fill = _fill(report, report.execution, known) if report.execution else None
        return OrderEvent(
            txid=report.txid,
            client_id=known.client_id,
            kind="fill" if fill else _kind(report),
            fill=fill,
            vol_exec=report.vol_exec,
            reason=report.reason,
        )

    def knows(self, txid: ExchangeOrderId) -> bool:
        """Whether a report of this order was seen."""
        return txid in self._known

    def _remember(self, report: Report) -> _Known:
        before = self._known.pop(report.txid, _Known(None, None, None))
        known = _Known(
            report.client_id or before.client_id,
            report.symbol or before.symbol,
            report.side or before.side,
        )
        self._known[report.txid] = known  # now the youngest
        if len(self._known) > self._orders_max:
            del self._known[next(iter(self._known))]
        return known


def _kind(report: Report) -> str:
    ends = {"filled", "canceled", "expired"}
    if report.exec_type in ends or report.order_status in ends:
        return "closed"
    if report.exec_type in {"amended", "restated"}:
        return "amended"
    return "open"


def _fill(report: Report, execution: Execution, known: _Known) -> Fill | None:
    if known.symbol is None or known.side is None:
        raise ExchangeProtocolError(f"a fill of {report.txid} names neither pair nor side")
    quote = Asset(known.symbol.rpartition("/")[2])
    charge = _charge(execution.charges, quote)
    if charge is None:
        # one fill cannot carry two fee assets: it stays evidence that the order executed more
        # than is booked, and a look brings the figures
        return None
    return Fill(
        exec_id=execution.exec_id,
        txid=report.txid,
        symbol=known.symbol,
        side=known.side,
        qty=execution.qty,
        price=execution.price,
        cost=execution.cost,
        fee=charge.qty,
        fee_asset=charge.asset,
        time_us=report.time_us,
    )


def _charge(charges: tuple[Charge, ...], quote: Asset) -> Charge | None:
    assets = {charge.asset for charge in charges}
    if len(assets) > 1:
        return None
    total = sum((charge.qty for charge in charges), Decimal(0))
    return Charge(next(iter(assets), quote), total)

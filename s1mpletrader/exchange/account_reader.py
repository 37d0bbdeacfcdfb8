"""What does the exchange know about the account, read to the end of every list?"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from s1mpletrader.errors import ExchangeProtocolError, ExchangeUnavailable
from s1mpletrader.exchange import account_codec
from s1mpletrader.exchange.account_codec import OrderShown, Page
from s1mpletrader.exchange.names import NameBook
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId
from s1mpletrader.model.looks import BalanceRow, ClosedRow, LedgerRow, OpenRow
from s1mpletrader.model.orders import Fill

Row = TypeVar("Row")

PAGES_MAX: Final = 100
"""A list longer than this (5,000 rows) is not read: ask from a later moment."""
_TRADES_PER_QUERY: Final = 20
_TRADE: Final = "trade"


class LedgerState(Value, frozen=True):
    """The ledger since a moment; `mark` changes whenever something is booked (SAFETY D7)."""

    mark: str
    rows: tuple[LedgerRow, ...]


class AccountReader:
    """Reads lists; a list that cannot be read to its end raises, it is never returned short."""

    def __init__(self, rest: RestClient) -> None:
        self._rest = rest

    async def open_orders(
        self, names: NameBook, client_id: ClientOrderId | None = None, *, urgent: bool = False
    ) -> tuple[OpenRow, ...]:
        """Return the open orders, or only the one with `client_id`."""
        only = {} if client_id is None else {"cl_ord_id": client_id}
        result = await self._rest.private("OpenOrders", only, urgent=urgent)
        rows = account_codec.read_open_orders(result, names)
        return tuple(row for row in rows if client_id in {None, row.client_id})

    async def closed_orders(self, since_us: Micros, names: NameBook) -> tuple[ClosedRow, ...]:
        """Return orders closed since `since_us`, some earlier ones perhaps too."""

        def read(result: msgspec.Raw) -> Page[ClosedRow]:
            return account_codec.read_closed_orders(result, names)

        params = {"start": _start(since_us), "closetime": "close"}
        return await self._all("ClosedOrders", params, read, lambda row: row.txid)

    async def trades(self, since_us: Micros, names: NameBook) -> tuple[Fill, ...]:
        """Return our executions since `since_us`, some earlier ones perhaps too."""

        def read(result: msgspec.Raw) -> Page[Fill]:
            return account_codec.read_trades_history(result, names)

        params = {"start": _start(since_us)}
        return await self._all("TradesHistory", params, read, lambda fill: fill.exec_id)

    async def ledger_mark(self, since_us: Micros, names: NameBook) -> str:
        """Return the mark of `ledgers` alone, from its first page."""
        params = {"start": _start(since_us), "ofs": "0"}
        result = await self._rest.private("Ledgers", params)
        page = account_codec.read_ledgers(result, names)
        return _mark(page.rows, page.count)

    async def ledgers(self, since_us: Micros, names: NameBook) -> LedgerState:
        """Return the ledger's mark, and its entries other than trades, oldest first."""
        counts: list[int] = []

        def read(result: msgspec.Raw) -> Page[LedgerRow]:
            page = account_codec.read_ledgers(result, names)
            counts.append(page.count)
            return page

        rows = await self._all("Ledgers", {"start": _start(since_us)}, read, _ledger_id)
        others = sorted(
            (row for row in rows if row.kind != _TRADE and row.time_us >= since_us),
            key=lambda row: (row.time_us, row.ledger_id),
        )
        return LedgerState(_mark(rows, counts[-1]), tuple(others))

    async def balances(self, names: NameBook, *, urgent: bool = False) -> tuple[BalanceRow, ...]:
        """Return what the account has."""
        result = await self._rest.private("BalanceEx", urgent=urgent)
        return account_codec.read_balances(result, names)

    async def order(self, txid: ExchangeOrderId, names: NameBook) -> OrderShown | None:
        """Return one order by its txid."""
        params = {"txid": txid, "trades": "true"}
        result = await self._rest.private("QueryOrders", params, urgent=True)
        return account_codec.read_order(result, txid, names)

    async def fills(self, shown: OrderShown, names: NameBook) -> tuple[Fill, ...]:
        """Return the executions that an order names."""
        fills: list[Fill] = []
        for begin in range(0, len(shown.exec_ids), _TRADES_PER_QUERY):
            some = ",".join(shown.exec_ids[begin : begin + _TRADES_PER_QUERY])
            result = await self._rest.private("QueryTrades", {"txid": some}, urgent=True)
            fills.extend(account_codec.read_fills(result, names))
        return tuple(fills)

    async def _all(
        self,
        call: str,
        params: Mapping[str, str],
        read: Callable[[msgspec.Raw], Page[Row]],
        key: Callable[[Row], str],
    ) -> tuple[Row, ...]:
        """Read page after page; the newest come first, so what is added repeats old rows."""
        rows: dict[str, Row] = {}
        seen = 0
        expected: int | None = None
        for _ in range(PAGES_MAX):
            page = read(await self._rest.private(call, {**params, "ofs": str(seen)}))
            rows.update((key(row), row) for row in page.rows)
            seen += len(page.rows)
            expected = page.count if expected is None else expected
            if not page.rows or seen >= page.count > 0:
                break
        else:
            raise ExchangeUnavailable(f"{call} has more than {PAGES_MAX} pages")
        if len(rows) < expected:
            raise ExchangeProtocolError(f"{call} shows {len(rows)} of {expected} rows")
        return tuple(rows.values())


def _ledger_id(row: LedgerRow) -> str:
    return row.ledger_id


def _mark(rows: tuple[LedgerRow, ...], count: int) -> str:
    newest = max(rows, key=lambda row: (row.time_us, row.ledger_id), default=None)
    # a trade books two entries at one moment: the id alone could miss the second
    return f"{newest.ledger_id if newest else 'none'}#{count}"


def _start(since_us: Micros) -> str:
    # `start` is exclusive, and whole seconds are understood everywhere
    return str(max(0, since_us // SECOND - 1))

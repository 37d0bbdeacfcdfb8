"""How does the engine ask Kraken, and what may it conclude from the answers?"""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from s1mpletrader.errors import ExchangeError, ExchangeProtocolError, ExchangeUnavailable
from s1mpletrader.exchange import error_codec, rest_codec
from s1mpletrader.exchange.account_reader import AccountReader
from s1mpletrader.exchange.names import NameBook
from s1mpletrader.exchange.order_pace import OrderPace
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.protocol_clock import CONFIRMATIONS, ProtocolClock
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.exchange.wire import to_rfc3339
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import ClientOrderId, ExchangeOrderId, Symbol
from s1mpletrader.model.looks import (
    Balances,
    Complete,
    LedgerRow,
    Look,
    NotShown,
    OpenRow,
    OrderFound,
    OrderLookup,
    Partial,
    Unavailable,
)
from s1mpletrader.model.market import Instrument, Tick
from s1mpletrader.model.orders import (
    Ack,
    AmendAnswer,
    CancelAnswer,
    NewOrder,
    Reject,
    SubmitAnswer,
)
from s1mpletrader.ports import Capabilities, Clock

HISTORY_PAGES_MAX: Final = 500
"""Pages of 1,000 public trades that one `history` reads."""
_PAGE_ROWS: Final = 1_000


class KrakenConnector:
    """Implements `ports.Exchange` for Kraken spot and for the simulated exchange."""

    capabilities = Capabilities()

    def __init__(
        self,
        rest: RestClient,
        private: PrivateSocket,
        pace: OrderPace,
        *,
        clock: Clock,
        protocol: ProtocolClock,
        history_pause_s: float = 1.0,
    ) -> None:
        self._rest = rest
        self._private = private
        self._pace = pace
        self._clock = clock
        self._protocol = protocol
        self._history_pause_s = history_pause_s
        self._account = AccountReader(rest)
        self._names: NameBook | None = None

    def begin(self, epoch: int) -> None:
        """Let private calls begin under `epoch`, which is durable by now (SAFETY F1)."""
        self._rest.begin(epoch)

    async def load_instruments(self) -> tuple[Instrument, ...]:
        """Return the tradable pairs; raises `ExchangeUnavailable`."""
        names = await self._load_names()
        return tuple(names.pairs[pair_id] for pair_id in names.ids.values())

    async def changed_instruments(self) -> tuple[Instrument, ...]:
        """Return the pairs whose rules are not what they were when last read; may raise."""
        before = await self._name_book()
        after = await self._load_names()
        found = {symbol: after.pairs[pair_id] for symbol, pair_id in after.ids.items()}
        known = {symbol: before.pairs[pair_id] for symbol, pair_id in before.ids.items()}
        return tuple(each for symbol, each in found.items() if known.get(symbol) != each)

    async def server_time_us(self) -> Micros:
        """Return the exchange's public Time (whole seconds); raises `ExchangeUnavailable`.

        An epoch is drawn from it and never taken back, so one absurd answer must not count.
        """
        for _ in range(CONFIRMATIONS):
            sent_us = self._clock.monotonic_us()
            second_us = rest_codec.read_time(await self._rest.public("Time"))
            self._protocol.observe_second(sent_us, self._clock.monotonic_us(), second_us)
            if self._protocol.believes(second_us):
                return second_us
        raise ExchangeUnavailable(f"the exchange's time makes no sense: {to_rfc3339(second_us)}")

    async def status(self) -> str:
        """Return online, maintenance, cancel_only or post_only."""
        return rest_codec.read_status(await self._rest.public("SystemStatus"))

    async def submit(
        self, order: NewOrder, *, may_send: Callable[[], str | None]
    ) -> SubmitAnswer | str:
        """Send an order once on the private WebSocket, never by REST; see `ports.Exchange`."""
        if self._rest.fenced:
            raise self._rest.fenced

        def door() -> str | None:
            now_us = self._clock.monotonic_us()
            refusal = self._pace.refuses_order(order, now_us) or may_send()
            if refusal is None:
                self._pace.placed(order, now_us)
            return refusal

        answer = await self._private.submit(order, may_send=door)
        if isinstance(answer, Ack):
            self._pace.acknowledged(order.client_id, answer.txid)
        self._learn_pace(answer, order.symbol)
        return answer

    async def amend(
        self,
        txid: ExchangeOrderId,
        *,
        qty: Decimal,
        trigger_price: Decimal,
        deadline_us: Micros,
        symbol: Symbol,
    ) -> AmendAnswer:
        """Change a resting stop in place."""
        if self._rest.fenced:
            raise self._rest.fenced
        now_us = self._clock.monotonic_us()
        refusal = self._pace.refuses_amend(txid, symbol, now_us)
        if refusal is not None:
            return Reject(f"not sent: {refusal}")
        if self._private.is_connected:
            self._pace.amended(txid, symbol, now_us)
        answer = await self._private.amend(
            txid, qty=qty, trigger_price=trigger_price, deadline_us=deadline_us
        )
        self._learn_pace(answer, symbol)
        return answer

    async def cancel(self, client_id: ClientOrderId, txid: ExchangeOrderId | None) -> CancelAnswer:
        """Cancel by txid, or by client id where none is known; any number of times."""
        if self._rest.fenced:
            raise self._rest.fenced
        if self._private.is_connected:
            self._pace.cancelled(client_id, txid, self._clock.monotonic_us())
        return await self._private.cancel(client_id, txid)

    async def look(self, since_us: Micros, *, balances: bool) -> Look:
        """Read open, closed, trades, in that order, each complete (SAFETY D1)."""
        connection = self._private.connection
        if not self._private.is_connected:
            return Unavailable("the private connection is down")
        try:
            names = await self._name_book()
            mark = await self._account.ledger_mark(since_us, names) if balances else ""
        except ExchangeError as error:
            return Unavailable(str(error))
        try:
            look = await self._lists(connection, since_us, names)
            if balances:
                read = await self._balances_after(mark, since_us, names)
                look = replace(look, balances=read, ended_us=self._protocol.now_us())
        except ExchangeError as error:
            return Partial(str(error))
        if self._private.connection != connection or not self._private.is_connected:
            return Partial("the private connection was lost meanwhile")
        return look

    async def find(self, client_id: ClientOrderId) -> OpenRow | None:
        """Return the open order with this client id; raises `ExchangeError`."""
        names = await self._name_book()
        rows = await self._account.open_orders(names, client_id, urgent=True)
        return rows[0] if rows else None

    async def order_state(self, txid: ExchangeOrderId) -> OrderLookup:
        """Look one order up by txid, with all its executions or not at all."""
        try:
            names = await self._name_book()
            shown = await self._account.order(txid, names)
            if shown is None:
                return NotShown(f"the exchange does not show {txid}")
            fills = await self._account.fills(shown, names)
        except ExchangeError as error:
            return NotShown(str(error))
        executed = sum((fill.qty for fill in fills if fill.txid == txid), Decimal(0))
        if executed != shown.row.vol_exec or any(fill.txid != txid for fill in fills):
            return NotShown(f"its trades sum to {executed}, executed are {shown.row.vol_exec}")
        return OrderFound(
            txid=txid,
            qty=shown.row.qty,
            vol_exec=shown.row.vol_exec,
            trigger_price=shown.row.trigger_price,
            closed_us=shown.closed_us,
            fills=fills,
        )

    async def balances(self) -> Balances:
        """Read the balances alone; never stable, because nothing says that they are.

        Costs one point and renews the lease (SAFETY F2).
        """
        rows = await self._account.balances(await self._name_book(), urgent=True)
        return Balances(rows, ledger_id_before="", ledger_id_after="not read")

    async def ledgers(self, since_us: Micros) -> tuple[LedgerRow, ...]:
        """Return ledger entries that are not trades; raises `ExchangeUnavailable`."""
        return (await self._account.ledgers(since_us, await self._name_book())).rows

    async def history(self, symbol: Symbol, since_us: Micros) -> Sequence[Tick]:
        """Return all public trades from `since_us` on, oldest first.

        Raises `ExchangeUnavailable` beyond `HISTORY_PAGES_MAX` pages, `ExchangeProtocolError`
        if the pages do not join.
        """
        pair = (await self._name_book()).pair_id(symbol)
        ticks: dict[int, Tick] = {}
        since = str(max(0, since_us * 1_000 - 1))
        for _ in range(HISTORY_PAGES_MAX):
            result = await self._rest.public("Trades", pair=pair, since=since)
            page, last = rest_codec.read_trades(result, symbol)
            fresh = [tick for tick in page if tick.trade_id not in ticks]
            ticks.update((tick.trade_id, tick) for tick in fresh)
            if len(page) < _PAGE_ROWS:
                return _consecutive(ticks)
            if not fresh:
                raise ExchangeProtocolError(f"the pages of {symbol} trades lead nowhere")
            # one nanosecond back: trades of the same moment may have been cut off
            since = str(int(last) - 1) if last.isdigit() else last
            await asyncio.sleep(self._history_pause_s)
        raise ExchangeUnavailable(f"more than {HISTORY_PAGES_MAX} pages of {symbol} trades")

    async def last_trade_id(self, symbol: Symbol) -> int | None:
        """Return the newest public trade's id, None before the first; raises `ExchangeError`."""
        pair = (await self._name_book()).pair_id(symbol)
        result = await self._rest.public("Trades", pair=pair, count="1")
        page, _ = rest_codec.read_trades(result, symbol)
        return max((tick.trade_id for tick in page), default=None)

    def _learn_pace(self, answer: SubmitAnswer | AmendAnswer | str, symbol: Symbol) -> None:
        if isinstance(answer, Reject) and error_codec.is_rate_limit(answer.code):
            self._pace.refused(symbol, self._clock.monotonic_us())

    async def _name_book(self) -> NameBook:
        return self._names or await self._load_names()

    async def _load_names(self) -> NameBook:
        assets = await self._rest.public("Assets")
        pairs = await self._rest.public("AssetPairs")
        self._names = rest_codec.read_names(assets, pairs)
        return self._names

    async def _lists(self, connection: int, since_us: Micros, names: NameBook) -> Complete:
        began_us = self._protocol.now_us()
        open_rows = await self._account.open_orders(names)
        closed_rows = await self._account.closed_orders(since_us, names)
        trades = await self._account.trades(since_us, names)
        return Complete(
            connection=connection,
            began_us=began_us,
            ended_us=self._protocol.now_us(),
            since_us=since_us,
            open=open_rows,
            closed=closed_rows,
            trades=trades,
        )

    async def _balances_after(self, mark: str, since_us: Micros, names: NameBook) -> Balances:
        rows = await self._account.balances(names)
        ledgers = await self._account.ledgers(since_us, names)
        return Balances(rows, mark, ledgers.mark, ledgers.rows)


def _consecutive(ticks: dict[int, Tick]) -> Sequence[Tick]:
    ordered = [ticks[trade_id] for trade_id in sorted(ticks)]
    if ordered and ordered[-1].trade_id - ordered[0].trade_id + 1 != len(ordered):
        raise ExchangeProtocolError(f"{ordered[0].symbol}: public trades are missing in history")
    return ordered

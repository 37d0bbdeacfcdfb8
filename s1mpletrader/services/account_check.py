"""Is the account ready to be traded, before anything trades it?

Asked by `check --online`: the clock, what the key may do, what an order would meet, what it would
cost, and whose orders are open. Nothing is placed or changed.
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Final, TypeVar

from s1mpletrader.core.identity import identify
from s1mpletrader.errors import ExchangeError, ExchangeProtocolError, ExchangeRefused, Fenced
from s1mpletrader.exchange.account_inspector import AccountInspector
from s1mpletrader.exchange.inspection_codec import KeyInfo
from s1mpletrader.model.base import SECOND, Micros, Value
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.market import Instrument

Result = TypeVar("Result")

SKEW_WARNED_US: Final = 1 * SECOND
SKEW_MAX_US: Final = 5 * SECOND
"""The engine keeps the exchange's time, so a host's clock that is off harms logs and alerts; a
clock that is off by more is not looked after."""
FAR_BELOW: Final = Decimal("0.5")
"""Of the last price: where an order that is only validated would be."""


class Verdict(StrEnum):
    """How one thing was found."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    UNTOLD = "cannot tell"


class Finding(Value, frozen=True):
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    text: str
    hint: str = ""


class Trade(Value, frozen=True):
    """What a strategy link would trade."""

    symbol: Symbol
    capital_asset: Asset
    capital: Decimal


_PERMISSIONS: Final = (
    ("Query Funds", (("query", "funds"),)),
    ("Query Open Orders & Trades", (("query", "open"),)),
    ("Query Closed Orders & Trades", (("query", "closed"),)),
    ("Query Ledger Entries", (("ledger",),)),
    ("Create & Modify Orders", (("modify",), ("create", "order"))),
    ("Cancel & Close Orders", (("close-",), ("cancel",))),
    ("Access WebSockets API", (("ws",), ("websocket",))),
)
"""What trading needs: its name on the exchange's page, and words of its undocumented name."""


class AccountCheck:
    """Looks at one thing after the other; what cannot be asked is said, never guessed."""

    def __init__(
        self,
        inspector: AccountInspector,
        trades: Sequence[Trade],
        *,
        tag: int,
        host_us: Callable[[], Micros],
    ) -> None:
        self._inspector = inspector
        self._trades = tuple(trades)
        self._tag = tag
        self._host_us = host_us
        self._findings: list[Finding] = []

    async def run(
        self, draw_epoch: Callable[[Micros], Awaitable[int]] | None
    ) -> tuple[Finding, ...]:
        """Return everything that was found; raises `ExchangeUnavailable` without its Time.

        Without `draw_epoch` private calls are under way already: a running engine's.
        """
        second_us = await self._inspector.server_time_us()
        self._clock()
        status = await self._inspector.status()
        if status != "online":
            self._find("exchange", Verdict.WARNING, f"the exchange says {status}")
        if draw_epoch is None:
            await self._inspector.learn_names()
        else:
            await self._inspector.begin(await draw_epoch(second_us))
        await self._key()
        await self._deeds()
        await self._open_orders()
        for trade in self._trades:
            await self._pair(trade)
        return tuple(self._findings)

    def _find(self, name: str, verdict: Verdict, text: str, hint: str = "") -> None:
        self._findings.append(Finding(name, verdict, text, hint))

    async def _ask(self, name: str, what: str, question: Awaitable[Result]) -> Result | None:
        """Return the answer; None once it is told why there is none."""
        try:
            return await question
        except Fenced:
            raise
        except ExchangeRefused as refused:
            self._find(name, Verdict.ERROR, f"{what}: {refused.code}", refused.hint)
        except ExchangeError as error:
            self._find(name, Verdict.UNTOLD, f"{what}: {error}")
        return None

    def _clock(self) -> None:
        ahead_us = self._host_us() - self._inspector.now_us()
        # whole seconds: half a second is how well the exchange's public Time is known
        off_us = max(0, abs(ahead_us) - self._inspector.clock_error_us)
        way = "ahead of" if ahead_us > 0 else "behind"
        text = f"this host is {abs(ahead_us) / SECOND:.1f} s {way} the exchange"
        hint = "synchronise the host's clock, for example with chrony" if off_us else ""
        if off_us > SKEW_MAX_US:
            self._find("clock", Verdict.ERROR, text, hint)
        elif off_us > SKEW_WARNED_US:
            self._find("clock", Verdict.WARNING, text, hint)
        else:
            self._find("clock", Verdict.OK, text)

    async def _key(self) -> None:
        try:
            key = await self._inspector.key_info()
        except ExchangeProtocolError as error:
            why = f"what the key may do cannot be read: {error}"
            hint = "see at the exchange that it may neither deposit nor withdraw"
            self._find("key", Verdict.UNTOLD, why, hint)
            return
        except ExchangeError as error:
            self._find("key", Verdict.ERROR, f"the key is not accepted: {error}", error.hint)
            return
        if key.may_withdraw:
            hint = "make a key without Withdraw: whoever steals this one takes the money"
            self._find("key", Verdict.ERROR, "the key may withdraw", hint)
        missing = missing_permissions(key)
        for each in missing:
            self._find("key", Verdict.ERROR, f"the key lacks the permission {each}")
        if not key.may_withdraw and not missing:
            self._find("key", Verdict.OK, "the key may trade and may not withdraw")

    async def _deeds(self) -> None:
        """See whether the key does what its permissions say."""
        inspector = self._inspector
        questions = (
            ("balances cannot be read", inspector.balances),
            ("the closed orders cannot be read", inspector.closed_orders),
            ("the ledger cannot be read", inspector.ledgers),
            ("no token for the private WebSocket", inspector.socket_token),
        )
        before = len(self._findings)
        for what, ask in questions:
            await self._ask("reads", what, ask())
        if len(self._findings) == before:
            self._find("reads", Verdict.OK, "every list that looks need can be read")

    async def _open_orders(self) -> None:
        what = "the open orders cannot be read"
        rows = await self._ask("orders", what, self._inspector.open_orders())
        if rows is None:
            return
        foreign = [row for row in rows if not self._is_ours(row.client_id)]
        for row in foreign:
            text = f"{row.txid} is not of this operation: {row.side} {row.qty} {row.symbol}"
            hint = "its coins or money are not this engine's to trade; cancel it or leave it"
            self._find("orders", Verdict.WARNING, text, hint)
        if not foreign:
            self._find("orders", Verdict.OK, f"{len(rows)} open orders, none of others")

    def _is_ours(self, client_id: str | None) -> bool:
        identity = identify(client_id)
        return identity is not None and identity.tag == self._tag

    async def _pair(self, trade: Trade) -> None:
        name, inspector = str(trade.symbol), self._inspector
        instrument = inspector.instrument(trade.symbol)
        if instrument is None:
            self._find(name, Verdict.ERROR, f"the exchange does not list {trade.symbol}")
            return
        fees = await self._ask(name, "the fees cannot be read", inspector.fees(trade.symbol))
        if fees is not None:
            self._find(name, Verdict.OK, f"fees: {fees[0]} % taker, {fees[1]} % maker")
        price = await self._ask(name, "there is no price", inspector.last_price(trade.symbol))
        if price is None:
            return
        self._minimums(trade, instrument, price)
        below = instrument.floor_price(price * FAR_BELOW)
        what = "a validated order was refused"
        done = inspector.validate_order(instrument, smallest(instrument, below), below)
        before = len(self._findings)
        await self._ask(name, what, done)
        if len(self._findings) == before:
            self._find(name, Verdict.OK, "an order was validated and not placed")

    def _minimums(self, trade: Trade, instrument: Instrument, price: Decimal) -> None:
        least = smallest(instrument, price) * price
        asset = instrument.quote
        text = f"the smallest order is {instrument.qty_min} {instrument.base}, {least:.2f} {asset}"
        if trade.capital_asset == asset and trade.capital < least:
            hint = "raise the link's capital"
            self._find(str(trade.symbol), Verdict.ERROR, f"{text}: above the capital", hint)
        else:
            self._find(str(trade.symbol), Verdict.OK, text)


def missing_permissions(key: KeyInfo) -> tuple[str, ...]:
    """Return the permissions that trading needs and the key does not name."""
    names = [each.lower() for each in key.permissions]

    def has(ways: tuple[tuple[str, ...], ...]) -> bool:
        return any(all(word in name for word in way) for way in ways for name in names)

    return tuple(wanted for wanted, ways in _PERMISSIONS if not has(ways))


def smallest(instrument: Instrument, price: Decimal) -> Decimal:
    """Return the smallest quantity that the exchange takes at `price`."""
    lots = (instrument.cost_min / price / instrument.qty_step).to_integral_value(ROUND_CEILING)
    return max(instrument.qty_min, lots * instrument.qty_step)

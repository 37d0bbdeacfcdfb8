"""What is true during one input?

Workers live as long as the link; time, ids and books are those of the input under way. The
providers that workers keep all read them from the link's one `Moment`, which is renewed for every
input: nothing of an old input can be seen in a new one.
"""

from decimal import Decimal
from typing import Protocol

from s1mpletrader.errors import InternalError, PluginError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import LinkId, OpportunityId, Symbol, ThreatId, TradeId
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.market import Instrument
from s1mpletrader.plugin.context import BaseContext
from s1mpletrader.plugin.providers import LedgerProvider


class Ids(Protocol):
    """Where ids come from: a function of (run seed, input number, counter), as replays need."""

    def new(self) -> str:
        """Return the next id of the input under way."""
        ...


class Present:
    """The arguments of one input."""

    __slots__ = ("history", "ids", "ledger", "stamp")

    def __init__(self, stamp: Stamp, ledger: LedgerProvider, ids: Ids, *, history: bool) -> None:
        self.stamp = stamp
        self.ledger = ledger
        self.ids = ids
        self.history = history


class Moment:
    """The input under way, as `ledger_state`, `causal_ids` and `market_clock` show it."""

    def __init__(self, link: LinkId, symbol: Symbol) -> None:
        self.link = link
        self.symbol = symbol
        self.last_price: Decimal | None = None
        self._present: Present | None = None

    def begin(self, present: Present) -> None:
        """Make `present` what the providers show."""
        self._present = present

    def end(self) -> None:
        """Show nothing until the next input."""
        self._present = None

    @property
    def present(self) -> Present:
        """The input under way; raises `InternalError` between inputs."""
        if self._present is None:
            text = f"a worker of {self.link} used a provider outside an input"
            raise InternalError(text)
        return self._present

    def base_context(self) -> BaseContext:
        """Return time, price, link and symbol; raises `PluginError` before the first trade."""
        if self.last_price is None:
            text = f"{self.link} has seen no trade of {self.symbol} yet"
            raise PluginError(text)
        now_us = self.present.stamp.market_us
        return BaseContext(now_us, self.last_price, self.link, self.symbol)

    @property
    def instrument(self) -> Instrument:
        """See `LedgerProvider`."""
        return self.present.ledger.instrument

    @property
    def capital(self) -> Decimal:
        """See `LedgerProvider`."""
        return self.present.ledger.capital

    @property
    def cash(self) -> Decimal:
        """See `LedgerProvider`."""
        return self.present.ledger.cash

    @property
    def holding(self) -> Decimal:
        """See `LedgerProvider`."""
        return self.present.ledger.holding

    @property
    def open_trade(self) -> TradeId | None:
        """See `LedgerProvider`."""
        return self.present.ledger.open_trade

    def now_us(self) -> Micros:
        """See `MarketClock`."""
        return self.present.stamp.market_us

    def new_opportunity_id(self) -> OpportunityId:
        """See `CausalIdProvider`."""
        return OpportunityId(self.present.ids.new())

    def new_threat_id(self) -> ThreatId:
        """See `CausalIdProvider`."""
        return ThreatId(self.present.ids.new())

    def new_trade_id(self) -> TradeId:
        """See `CausalIdProvider`."""
        return TradeId(self.present.ids.new())

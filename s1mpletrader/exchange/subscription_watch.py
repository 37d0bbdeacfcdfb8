"""Does a subscription that was acknowledged also speak?

Heartbeats show that a connection lives, not that its subscriptions do: an exchange may acknowledge
one and never send a word on it. What is missing is known from elsewhere: public trades are shown
by REST, and every order of ours that was accepted must be reported.
"""

from typing import Final, NamedTuple

from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import ExchangeOrderId, Symbol

REPORTS_MAX: Final = 1_000
"""So many accepted orders are waited for; more at once are not watched."""


class _Heard(NamedTuple):
    trade_id: int
    """The newest; -1 before the first."""
    at_us: Micros
    """When a trade was heard or asked for."""


class _Doubt(NamedTuple):
    trade_id: int
    since_us: Micros


class TradeWatch:
    """Which symbol is so quiet that REST should be asked, and is it dead? Times are monotonic."""

    def __init__(self, silence_max_s: float) -> None:
        self._quiet_us = int(silence_max_s * SECOND / 2)
        self._grace_us = int(silence_max_s * SECOND / 4)
        self._heard: dict[Symbol, _Heard] = {}
        self._doubts: dict[Symbol, _Doubt] = {}

    def begin(self, symbols: tuple[Symbol, ...], now_us: Micros) -> None:
        """Start anew with a connection; what was heard on the last one stays known."""
        self._doubts.clear()
        self._heard = {
            each: self._heard.get(each, _Heard(-1, now_us))._replace(at_us=now_us)
            for each in symbols
        }

    def heard(self, symbol: Symbol, trade_id: int, now_us: Micros) -> None:
        """Note a trade that came by the subscription."""
        before = self._heard.get(symbol)
        newest = max(trade_id, before.trade_id if before else -1)
        self._heard[symbol] = _Heard(newest, now_us)
        doubt = self._doubts.get(symbol)
        if doubt is not None and newest >= doubt.trade_id:
            del self._doubts[symbol]

    def next_question(self, now_us: Micros) -> Symbol | None:
        """Return the symbol that has been quiet for longest, if REST should be asked about it."""
        quiet = {
            symbol: heard.at_us
            for symbol, heard in self._heard.items()
            if symbol not in self._doubts and now_us - heard.at_us >= self._quiet_us
        }
        found = min(quiet, key=quiet.__getitem__, default=None)
        if found is not None:
            self._heard[found] = self._heard[found]._replace(at_us=now_us)
        return found

    def shown(self, symbol: Symbol, trade_id: int, now_us: Micros) -> None:
        """Take REST's newest trade; the subscription gets a moment to bring it as well."""
        heard = self._heard.get(symbol)
        if heard is None or trade_id <= heard.trade_id:
            return
        if heard.trade_id < 0:  # nothing was ever heard: this one may be from before
            self._heard[symbol] = heard._replace(trade_id=trade_id)
            return
        self._doubts.setdefault(symbol, _Doubt(trade_id, now_us))

    def complaint(self, now_us: Micros) -> str | None:
        """Return which subscription is dead, None if none is."""
        for symbol, doubt in self._doubts.items():
            if now_us - doubt.since_us >= self._grace_us:
                return (
                    f"the subscription of {symbol} is acknowledged and dead:"
                    f" trade {doubt.trade_id} happened and was not sent"
                )
        return None


class ReportWatch:
    """Is every accepted order reported? Times are monotonic."""

    def __init__(self, silence_max_s: float) -> None:
        self._grace_us = int(silence_max_s * SECOND / 2)
        self._waiting: dict[ExchangeOrderId, Micros] = {}

    def begin(self) -> None:
        """Start anew with a connection."""
        self._waiting.clear()

    def accepted(self, txid: ExchangeOrderId, now_us: Micros) -> None:
        """Note an order that was accepted and not reported yet."""
        if len(self._waiting) < REPORTS_MAX:
            self._waiting[txid] = now_us

    def reported(self, txid: ExchangeOrderId) -> None:
        """Note a report."""
        self._waiting.pop(txid, None)

    def complaint(self, now_us: Micros) -> str | None:
        """Return which report is missing, None if none is."""
        txid, since_us = next(iter(self._waiting.items()), (None, now_us))
        if txid is None or now_us - since_us < self._grace_us:
            return None
        return f"the executions are acknowledged and dead: {txid} was accepted and not reported"

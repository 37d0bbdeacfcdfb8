"""How does a market wait for the engine?

The exchange stands still and plays trades on demand; after each move the test waits until the
engine has seen the last of them and has nothing under way. What the engine then decides depends on
the tape alone, not on how fast this machine is.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.rig.asking import wait_for
from tests.rig.processes import Rig

TRADES_PER_BAR = 4
TRADES_OF_ALL_PAIRS = 2 * TRADES_PER_BAR
"""BTC/USD and SOL/USD alternate; the first trade of an hour is BTC/USD's."""
QUARTER_US = 900_000_000
"""Between two trades of one pair inside an hour."""
SETTLED_WITHIN_S = 15
LIVE = {"intent", "unknown", "acked"}


class Lockstep:
    """Plays a paused exchange for an engine that trades."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._played = sum(rig.control.clock().played.values())

    def before_bar(self, bar: int) -> None:
        """Play everything before the first trade of hour `bar` (0: the tape's first)."""
        self._play_upto(TRADES_OF_ALL_PAIRS * bar)

    def open_bar(self, bar: int) -> None:
        """Play the first trade of hour `bar`, which closes the bar before it."""
        self._play_upto(TRADES_OF_ALL_PAIRS * bar + 1)

    def settle(self) -> None:
        """Wait until the engine has seen the last trade and nothing is under way."""
        last = self._rig.control.clock().played["BTC/USD"]
        wait_for(f"an engine that is done with trade {last}", self._is_settled, SETTLED_WITHIN_S)

    def _play_upto(self, total: int) -> None:
        if total > self._played:
            self._rig.control.step(total - self._played)
            self._played = total

    def _is_settled(self) -> bool:
        rig = self._rig
        market_us = rig.control.clock().market_us
        if rig.ask("status")["market_us"] < market_us - market_us % QUARTER_US:
            return False
        return not (
            any(map(_is_under_way, rig.ask("orders")["orders"]))
            or any(map(_is_closing, rig.ask("trades")["trades"]))
            or any(map(_is_bare, rig.ask("positions")["positions"]))
        )


def _is_under_way(order: Mapping[str, Any]) -> bool:
    is_resting_stop = order["role"] == "stop" and order["status"] == "acked"
    return order["status"] in LIVE and not is_resting_stop


def _is_closing(trade: Mapping[str, Any]) -> bool:
    return trade["cause"] is not None and trade["closed_us"] is None


def _is_bare(position: Mapping[str, Any]) -> bool:
    return Decimal(position["stop_qty"] or 0) < Decimal(position["qty"])

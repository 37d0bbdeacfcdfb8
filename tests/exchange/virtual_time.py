"""How does an hour pass in a second?

An event loop whose clock jumps to the next timer; whoever waits for a socket waits in vain.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from s1mpletrader.model.base import SECOND, Micros

Result = TypeVar("Result")
BEGIN_S = 1_700_000_000
"""What the wall shows when the loop's own clock shows 0: small floats keep their microseconds."""


class JumpingClock:
    """All clocks of a host, in virtual time."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def wall_us(self) -> Micros:
        return Micros(BEGIN_S * SECOND + self.monotonic_us())

    def monotonic_us(self) -> Micros:
        return Micros(round(self.now_s * SECOND))

    def boottime_us(self) -> Micros:
        return self.monotonic_us()


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, clock: JumpingClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everybody waits and nobody will come")
        if not ready and timeout:
            self._clock.now_s += max(timeout, 1e-6)
        return ready


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: JumpingClock) -> None:
        super().__init__(_JumpingSelector(clock))
        self._jumping = clock

    def time(self) -> float:
        return self._jumping.now_s


def play_at_once(scene: Callable[[JumpingClock], Coroutine[Any, Any, Result]]) -> Result:
    """Run a scene in virtual time."""
    clock = JumpingClock()
    with asyncio.Runner(loop_factory=lambda: _JumpingLoop(clock)) as runner:
        return runner.run(scene(clock))

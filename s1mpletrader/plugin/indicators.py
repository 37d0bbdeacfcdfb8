"""How are indicators kept up to date one bar at a time?

Float with + - * / only, so that every machine computes the same bits (SAFETY R1). `state()` is a
value for the worker's `state_persistence`; an indicator built with it goes on where that one was.
Prices come in through `float()` and never leave as money.
"""

from s1mpletrader.model.base import Value


class EmaState(Value, frozen=True):
    """All that an `Ema` remembers."""

    value: float = 0.0
    count: int = 0


class Ema:
    """Exponential moving average, alpha = 2 / (period + 1), seeded with the first value."""

    __slots__ = ("_alpha", "_count", "_period", "_value")

    def __init__(self, period: int, state: EmaState | None = None) -> None:
        self._period = period
        self._alpha = 2.0 / (period + 1.0)
        self._value, self._count = (state.value, state.count) if state else (0.0, 0)

    def update(self, price: float) -> None:
        """Take one more price."""
        if self._count:
            self._value += self._alpha * (price - self._value)
        else:
            self._value = price
        self._count += 1

    @property
    def value(self) -> float:
        """The average so far."""
        return self._value

    @property
    def is_ready(self) -> bool:
        """Whether a full period has been seen."""
        return self._count >= self._period

    def state(self) -> EmaState:
        """Return what the constructor needs to go on from here."""
        return EmaState(self._value, self._count)


class AtrState(Value, frozen=True):
    """All that an `Atr` remembers."""

    value: float = 0.0
    count: int = 0
    last_close: float = 0.0


class Atr:
    """Average true range by Wilder: a mean over the first period, then smoothed by 1 / period."""

    __slots__ = ("_count", "_last_close", "_period", "_value")

    def __init__(self, period: int, state: AtrState | None = None) -> None:
        self._period = period
        known = state or AtrState()
        self._value, self._count, self._last_close = known.value, known.count, known.last_close

    def update(self, high: float, low: float, close: float) -> None:
        """Take one more bar."""
        true_range = high - low
        if self._count:
            true_range = max(true_range, abs(high - self._last_close), abs(low - self._last_close))
        self._count += 1
        self._value += (true_range - self._value) / min(self._count, self._period)
        self._last_close = close

    @property
    def value(self) -> float:
        """The average so far."""
        return self._value

    @property
    def is_ready(self) -> bool:
        """Whether a full period has been seen."""
        return self._count >= self._period

    def state(self) -> AtrState:
        """Return what the constructor needs to go on from here."""
        return AtrState(self._value, self._count, self._last_close)

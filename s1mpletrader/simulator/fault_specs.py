"""What can be ordered to go wrong, and which orders make no sense?"""

from typing import Any, Literal

import msgspec

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Value
from s1mpletrader.simulator.fault_kinds import KINDS, Kind

How = Literal[
    "close", "close_1001", "close_1006", "http_429", "http_502", "http_503", "http_520", "silent"
]
Target = Literal["all", "rest", "ws", "ws_public", "ws_private"]
SystemStatus = Literal["online", "maintenance", "cancel_only", "post_only", "limit_only"]
LISTS = ("OpenOrders", "ClosedOrders", "TradesHistory", "Ledgers", "Balances")
SECONDS_MAX = 3_600.0
FREEZE_MAX_S = 120.0
TEXT_MAX = 200
PARAMS_MAX = 40
BOUNDS: dict[str, tuple[float, float]] = {
    "skip": (0, 1_000_000),
    "count": (1, 1_000_000),
    "chance": (0, 1),
    "seed": (0, 2**63),
    "delay_s": (0, SECONDS_MAX),
    "for_s": (0, SECONDS_MAX),
    "fraction": (0, 1),
    "rows": (0, 50),
    "window": (1, 20),
    "skew_s": (-SECONDS_MAX * 24, SECONDS_MAX * 24),
    "drift_ppm": (-100_000, 100_000),
    "nonce_ahead": (0, 2**48),
}
"""The least and the most of each number."""


class FaultSpec(Value, frozen=True):
    """A fault as somebody orders it. Which fields mean something depends on the kind."""

    kind: Kind
    channel: Literal["any", "rest", "ws", "ws_public", "ws_private"] = "any"
    method: str = ""
    """REST or WebSocket name of a request, or channel of a message; empty for any."""
    account: str = ""
    symbol: str = ""
    """Only orders of this pair (BTC/USD); empty for any."""
    side: Literal["", "buy", "sell"] = ""
    order_type: str = ""
    """Only orders of this type (stop-loss); empty for any."""
    skip: int = 0
    """Matching things that pass unharmed first."""
    count: int = 1
    """Matching things that are hit."""
    chance: float = 1.0
    """How likely each is hit, drawn by `seed`."""
    seed: int = 0
    how: How = "close"
    error: str = "EService:Busy"
    delay_s: float = 0.0
    for_s: float = 0.0
    """How long it lasts; 0 for a standing fault: until released."""
    list: str = ""
    pongs: bool = True
    events: bool = True
    """hold_answers on a WebSocket: hold the connection's other messages back, too."""
    drawn: bool = False
    stale: bool = False
    fraction: float = 0.5
    rows: int = 1
    window: int = 1
    skew_s: float = 0.0
    drift_ppm: float = 0.0
    when: Literal["now", "before", "after"] = "now"
    """An action happens at once, or before or after the matching request is accepted."""
    target: Target = "all"
    status: SystemStatus = "maintenance"
    asset: str = "USD"
    amount: str = "1"
    key: str = "SIM-ENGINE"
    nonce_ahead: int = 2**33
    params: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def mode(self) -> str:
        """What the kind waits for."""
        return KINDS[self.kind].mode


DEFAULTS = FaultSpec("gap")
FIELDS = FaultSpec.__struct_fields__


def check(spec: FaultSpec) -> None:
    """Refuse arguments that mean nothing for the kind or are out of bounds.

    Raises `ConfigurationError` naming the argument, what it is and what it may be.
    """
    takes = KINDS[spec.kind].takes
    for name in FIELDS[1:]:
        value = getattr(spec, name)
        if value != getattr(DEFAULTS, name) and name not in takes:
            raise ConfigurationError(
                f"`{name}` means nothing for {spec.kind}", hint=f"it takes {', '.join(takes)}"
            )
        check_argument(name, value)
    if spec.kind == "visibility_lag" and spec.list not in LISTS:
        raise ConfigurationError(f"list {spec.list!r} is none of {', '.join(LISTS)}")
    if spec.kind == "freeze" and spec.for_s > FREEZE_MAX_S:
        raise ConfigurationError(f"a freeze lasts at most {FREEZE_MAX_S:.0f} seconds")
    if spec.kind == "manual_trade" and spec.params.get("order_type", "market") != "market":
        raise ConfigurationError("a manual_trade is a market order; order a manual_order")


def check_argument(name: str, value: object) -> None:
    """Refuse a number out of bounds, an endless text, too many parameters."""
    if name in BOUNDS:
        least, most = BOUNDS[name]
        # not a number compares to nothing
        if not (isinstance(value, int | float) and least <= value <= most):
            raise ConfigurationError(f"`{name}` is {value}; it may be {least:g} to {most:g}")
    elif isinstance(value, str) and len(value) > TEXT_MAX:
        raise ConfigurationError(f"`{name}` has {len(value)} characters, at most {TEXT_MAX}")
    elif isinstance(value, dict) and len(value) > PARAMS_MAX:
        raise ConfigurationError(f"`{name}` has {len(value)} entries, at most {PARAMS_MAX}")

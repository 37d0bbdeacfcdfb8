"""What may be asked on the control socket, field by field?"""

from typing import Any

from s1mpletrader.model.base import Value
from s1mpletrader.simulator.fault_specs import SystemStatus, Target


class SpeedBody(Value, frozen=True):
    """Market seconds per second."""

    speed: float


class StepBody(Value, frozen=True):
    """Trades to play now."""

    trades: int


class DropBody(Value, frozen=True):
    """Whose connections are reset."""

    target: Target = "all"


class CutBody(Value, frozen=True):
    """How long nobody gets in; `drop` also resets who is in."""

    for_s: float
    drop: bool = True


class TransferBody(Value, frozen=True):
    """A deposit (positive amount) or withdrawal (negative) by hand."""

    asset: str
    amount: str
    account: str = "main"


class OrderBody(Value, frozen=True):
    """An order by hand, on the exchange's own pages: `params` as add_order takes them."""

    params: dict[str, Any]
    account: str = "main"


class CancelBody(Value, frozen=True):
    """A cancel by hand."""

    txid: str
    account: str = "main"


class StatusBody(Value, frozen=True):
    """The exchange's own state."""

    status: SystemStatus


class ScenarioBody(Value, frozen=True):
    """The text of a scenario file, and its name for messages."""

    text: str
    name: str = "scenario"

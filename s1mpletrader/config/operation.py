"""What is traded, where, and with how much?

The files: `operation.yaml`.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from s1mpletrader.config.base import ConfigModel, Identifier, like

AssetName = Annotated[str, like(r"[A-Z0-9.]{1,12}", "USD")]
SymbolName = Annotated[str, like(r"[A-Z0-9.]{1,12}/[A-Z0-9.]{1,12}", "BTC/USD")]
Fraction = Annotated[Decimal, Field(gt=0, le=1)]
Amount = Annotated[Decimal, Field(gt=0)]


class Capital(ConfigModel, frozen=True):
    """What the link may use of the account, drawn when the link is first seen (SAFETY D10)."""

    amount: Amount
    asset: AssetName


class Protection(ConfigModel, frozen=True):
    """Whether a holding may be without a stop at the exchange (SAFETY O8)."""

    unprotected: Literal["refuse", "accept"] = "refuse"


class StrategyConfig(ConfigModel, frozen=True):
    """Which strategy: names of files in `strategies/` and `wiring/`."""

    blueprint_id: Identifier
    wiring_map_id: Identifier


class StrategyLink(ConfigModel, frozen=True):
    """A strategy at work on one market with its own capital."""

    strategy_link_id: Identifier
    is_active: StrictBool = True
    execution_environment_id: Identifier
    symbol: SymbolName
    capital: Capital
    protection: Protection = Protection()
    strategy_config: StrategyConfig


class Limits(ConfigModel, frozen=True):
    """Checked in the engine before every order (SAFETY O11)."""

    order_cost_max: Amount | None = None
    """In quote, with the fee."""
    price_band: Fraction = Decimal("0.05")
    """How far an entry's limit may be from the last trade, as a fraction of it."""


class Operation(ConfigModel, frozen=True):
    """`operation.yaml`."""

    operation_id: Identifier
    """Part of every order's tag (SAFETY O9): never change it while anything is open."""
    display_name: str = ""
    description: str = ""
    limits: Limits = Limits()
    strategy_links: tuple[StrategyLink, ...] = Field(min_length=1)

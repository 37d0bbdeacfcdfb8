"""What may a worker know about this moment?

Only the past: a context shows the current tick, the bar that just closed, and what the workers
before it in the same flow found out. There is no door to anything later (SPEC H3).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol, TypeVar, cast

from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import LinkId, Symbol, WorkerId

D = TypeVar("D")


class Identified(Protocol):
    """A worker, as far as the context needs to know it."""

    @property
    def instance_id(self) -> WorkerId:
        """The worker's name in its strategy blueprint."""
        ...


class BaseContext(Value, frozen=True):
    """Where and when."""

    timestamp: Micros
    """Market time of the input."""
    price: Decimal
    """The last trade's price."""
    strategy_link_id: LinkId
    symbol: Symbol


class RequiredDtos:
    """What a manifest asks for: `dtos[EmaPair]` is an `EmaPair`."""

    __slots__ = ("_found",)

    def __init__(self, found: Mapping[type, object]) -> None:
        self._found = found

    def __getitem__(self, dto_type: type[D]) -> D:
        """Return the DTO of this type; raises KeyError if the manifest does not require it."""
        return cast("D", self._found[dto_type])


class TradingContextProvider(Protocol):
    """The moment, as one worker may see it."""

    def get_base_context(self) -> BaseContext:
        """Return time, price, link and symbol."""
        ...

    def get_required_dtos(self, worker: Identified) -> RequiredDtos:
        """Return what the worker's manifest requires; raises `PluginError` if one is missing."""
        ...

    def set_result_dto(self, worker: Identified, dto: object) -> None:
        """Put a result into the tick cache; raises `PluginError` for an undeclared type (F2)."""
        ...

"""What does the exchange say about a key, and about what trading costs it?"""

from decimal import Decimal
from typing import Annotated, Final

import msgspec

from s1mpletrader.exchange.wire import ROWS_MAX, Reader, Wire, exact
from s1mpletrader.model.base import Value


class KeyInfo(Value, frozen=True):
    """What a key may do. The names are the exchange's own and documented nowhere."""

    permissions: tuple[str, ...]

    @property
    def may_withdraw(self) -> bool:
        """Whether money can leave the account with this key (SAFETY X)."""
        return any("withdraw" in each.lower() for each in self.permissions)


class Fees(Value, frozen=True):
    """Percent of the cost, by REST's pair id."""

    taker: dict[str, Decimal]
    maker: dict[str, Decimal]


class _KeyInfo(Wire):
    permissions: Annotated[list[str], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]


class _Fee(Wire):
    fee: Decimal


class _Volume(Wire):
    fees: dict[str, _Fee]
    fees_maker: dict[str, _Fee] = msgspec.field(default_factory=dict)


_KEY: Final = Reader(_KeyInfo, "GetApiKeyInfo")
_VOLUME: Final = Reader(_Volume, "TradeVolume")


def read_key_info(result: msgspec.Raw) -> KeyInfo:
    """Return the key's permissions; raises `ExchangeProtocolError` where none are named."""
    return KeyInfo(tuple(_KEY.read(result).permissions))


def read_fees(result: msgspec.Raw) -> Fees:
    """Return the account's fees."""
    row = _VOLUME.read(result)
    return Fees(
        {pair: exact(each.fee) for pair, each in row.fees.items()},
        {pair: exact(each.fee) for pair, each in row.fees_maker.items()},
    )

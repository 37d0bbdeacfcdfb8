"""Which REST name means which WebSocket name?

REST says XXBTZUSD, XBTUSD, XXBT, ZUSD; WebSocket v2 says BTC/USD, BTC, USD. Inside the engine only
the WebSocket spelling exists.
"""

from collections.abc import Mapping
from typing import Final

from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.market import Instrument

_RENAMED: Final = {"XBT": "BTC", "XDG": "DOGE"}


def websocket_asset(altname: str) -> Asset:
    """Return the WebSocket's name of what REST calls `altname`."""
    return Asset(_RENAMED.get(altname, altname))


def websocket_symbol(wsname: str) -> Symbol:
    """Return the WebSocket v2 symbol of REST's (v1) `wsname`, e.g. XBT/USD -> BTC/USD."""
    return Symbol("/".join(websocket_asset(part) for part in wsname.split("/")))


class NameBook(Value, frozen=True):
    """What `Assets` and `AssetPairs` said."""

    assets: Mapping[str, Asset] = {}
    """By REST id."""
    pairs: Mapping[str, Instrument] = {}
    """By REST id and by altname."""
    ids: Mapping[Symbol, str] = {}
    """The REST id of a symbol."""

    def asset(self, code: str) -> Asset:
        """Return the asset; one that the exchange does not list keeps the name it has."""
        return self.assets.get(code) or websocket_asset(code)

    def symbol(self, pair: str) -> Symbol:
        """Return the symbol; a pair that the exchange does not list keeps the name it has.

        Foreign orders on delisted pairs must not make a look unreadable.
        """
        known = self.pairs.get(pair)
        return known.symbol if known else websocket_symbol(pair)

    def quote(self, pair: str) -> Asset:
        """Return the currency that costs and fees of a pair are stated in."""
        known = self.pairs.get(pair)
        return known.quote if known else Asset(pair.rpartition("/")[2])

    def pair_id(self, symbol: Symbol) -> str:
        """Return what REST calls `symbol`."""
        return self.ids.get(symbol, symbol)

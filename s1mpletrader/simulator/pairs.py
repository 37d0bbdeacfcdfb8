"""What is traded here, under which names, with which steps, minimums and fees?"""

from decimal import Decimal

from s1mpletrader.core.matching import Liquidity
from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import Asset, Symbol


class AssetInfo(Value, frozen=True):
    """A coin or currency: REST and WebSocket spell it differently."""

    name: Asset
    """The WebSocket's spelling: BTC."""
    rest_id: str
    """The key in REST answers: XXBT."""
    altname: str
    decimals: int
    display_decimals: int


class Pair(Value, frozen=True):
    """A spot pair with the exchange's rules for it."""

    symbol: Symbol
    rest_id: str
    altname: str
    wsname: str
    """REST's old WebSocket spelling: XBT/USD."""
    base: AssetInfo
    quote: AssetInfo
    price_decimals: int
    qty_decimals: int
    cost_decimals: int
    qty_min: Decimal
    cost_min: Decimal
    liquidity: Liquidity

    @property
    def price_tick(self) -> Decimal:
        """Prices are multiples of this."""
        return Decimal(1).scaleb(-self.price_decimals)

    @property
    def qty_step(self) -> Decimal:
        """Quantities are multiples of this."""
        return Decimal(1).scaleb(-self.qty_decimals)

    @property
    def cost_step(self) -> Decimal:
        """Costs and fees are multiples of this."""
        return Decimal(1).scaleb(-self.cost_decimals)


class FeeTier(Value, frozen=True):
    """Fees in percent from a 30-day volume in USD on."""

    volume: int
    taker: Decimal
    maker: Decimal


USD = AssetInfo(Asset("USD"), "ZUSD", "USD", decimals=5, display_decimals=2)
BTC = AssetInfo(Asset("BTC"), "XXBT", "XBT", decimals=10, display_decimals=5)
SOL = AssetInfo(Asset("SOL"), "SOL", "SOL", decimals=10, display_decimals=5)
ASSETS = (BTC, SOL, USD)

BTC_USD = Pair(
    symbol=Symbol("BTC/USD"),
    rest_id="XXBTZUSD",
    altname="XBTUSD",
    wsname="XBT/USD",
    base=BTC,
    quote=USD,
    price_decimals=2,
    qty_decimals=8,
    cost_decimals=5,
    qty_min=Decimal("0.00005"),
    cost_min=Decimal("0.5"),
    liquidity=Liquidity(level_qty=Decimal(1)),
)
SOL_USD = Pair(
    symbol=Symbol("SOL/USD"),
    rest_id="SOLUSD",
    altname="SOLUSD",
    wsname="SOL/USD",
    base=SOL,
    quote=USD,
    price_decimals=2,
    qty_decimals=8,
    cost_decimals=5,
    qty_min=Decimal("0.02"),
    cost_min=Decimal("0.5"),
    liquidity=Liquidity(level_qty=Decimal(50)),
)
PAIRS = {pair.symbol: pair for pair in (BTC_USD, SOL_USD)}
ASSET_BY_NAME = {asset.name: asset for asset in ASSETS}

FEE_TIERS = tuple(
    FeeTier(volume, Decimal(taker), Decimal(maker))
    for volume, taker, maker in (
        (0, "0.40", "0.25"),
        (10_000, "0.35", "0.20"),
        (50_000, "0.24", "0.14"),
        (100_000, "0.22", "0.12"),
        (250_000, "0.20", "0.10"),
        (500_000, "0.18", "0.08"),
        (1_000_000, "0.16", "0.06"),
        (2_500_000, "0.14", "0.04"),
        (5_000_000, "0.12", "0.02"),
        (10_000_000, "0.10", "0.00"),
    )
)
HIGHEST_FEE = FEE_TIERS[0].taker / 100
"""As a fraction of the cost; what a hold for a buy order sets aside."""


def fee_tier(volume_usd: Decimal) -> FeeTier:
    """Return the tier that a 30-day volume reaches."""
    return next(tier for tier in reversed(FEE_TIERS) if volume_usd >= tier.volume)


def find_pair(name: str) -> Pair | None:
    """Return the pair called `name` in any of the exchange's spellings."""
    return next(
        (
            pair
            for pair in PAIRS.values()
            if name in {pair.symbol, pair.rest_id, pair.altname, pair.wsname}
        ),
        None,
    )


def find_asset(name: str) -> AssetInfo | None:
    """Return the asset called `name` in any of the exchange's spellings."""
    return next((a for a in ASSETS if name in {a.name, a.rest_id, a.altname}), None)

"""What belongs to whom?

A ledger is a sum of bookings, exact to the last digit; nothing is ever assigned (SAFETY D8).
"""

from collections.abc import Iterable
from decimal import Decimal

from s1mpletrader.model.ids import Asset, LinkId
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Fill, Side

ZERO = Decimal(0)


class StrategyLedger:
    """Cash and coins of one strategy link, or of `unallocated`."""

    def __init__(self, link: LinkId, amounts: dict[Asset, Decimal] | None = None) -> None:
        self.link = link
        self._amounts = {} if amounts is None else amounts

    @property
    def amounts(self) -> dict[Asset, Decimal]:
        """A copy of what is held, by asset."""
        return dict(self._amounts)

    def amount(self, asset: Asset) -> Decimal:
        """Return what is held of `asset`."""
        return self._amounts.get(asset, ZERO)

    def book(self, asset: Asset, amount: Decimal) -> None:
        """Add `amount` (negative: take away)."""
        self._amounts[asset] = self._amounts.get(asset, ZERO) + amount

    def book_fill(self, fill: Fill, instrument: Instrument) -> None:
        """Book both sides of an execution and its fee, by the exchange's stated figures (O5)."""
        sign = 1 if fill.side is Side.BUY else -1
        self.book(instrument.base, sign * fill.qty)
        self.book(instrument.quote, -sign * fill.cost)
        self.book(fill.fee_asset, -fill.fee)


class AggregatedLedger:
    """The account: the sum over all links and `unallocated`."""

    def __init__(self, ledgers: Iterable[StrategyLedger]) -> None:
        self._ledgers = tuple(ledgers)

    def totals(self) -> dict[Asset, Decimal]:
        """Return what the books say the account holds, by asset."""
        totals: dict[Asset, Decimal] = {}
        for ledger in self._ledgers:
            for asset, amount in ledger.amounts.items():
                totals[asset] = totals.get(asset, ZERO) + amount
        return totals

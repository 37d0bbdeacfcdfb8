"""What may a link's workers see of the books?"""

from decimal import Decimal

from s1mpletrader.core.books import Books
from s1mpletrader.core.trades import holding
from s1mpletrader.model.ids import LinkId, Symbol, TradeId
from s1mpletrader.model.market import Instrument

ZERO = Decimal(0)


class LinkView:
    """`LedgerProvider` of one link on one instrument: read only, always the present."""

    def __init__(self, books: Books, link: LinkId, symbol: Symbol, capital: Decimal) -> None:
        self._books = books
        self._link = link
        self._symbol = symbol
        self._capital = capital

    @property
    def instrument(self) -> Instrument:
        """The exchange's rules for the link's symbol."""
        return self._books.instruments[self._symbol]

    @property
    def capital(self) -> Decimal:
        """The quote that the configuration gave this link."""
        return self._capital

    @property
    def cash(self) -> Decimal:
        """Quote that no order has reserved."""
        quote = self.instrument.quote
        ledger = self._books.ledger(self._link)
        return ledger.amount(quote) - self._books.reserved(self._link, quote)

    @property
    def holding(self) -> Decimal:
        """Base that the link's open trade holds."""
        trade = self._books.open_trade(self._link, self._symbol)
        if trade is None:
            return ZERO
        return holding(self._books.orders_of(trade), self.instrument)

    @property
    def open_trade(self) -> TradeId | None:
        """The trade under way, if any."""
        trade = self._books.open_trade(self._link, self._symbol)
        return trade.trade_id if trade is not None else None

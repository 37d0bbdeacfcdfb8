"""What may a key do, and what would an order meet, without placing one?"""

from decimal import Decimal

from s1mpletrader.errors import ExchangeUnavailable
from s1mpletrader.exchange import inspection_codec, rest_codec
from s1mpletrader.exchange.account_reader import AccountReader
from s1mpletrader.exchange.inspection_codec import Fees, KeyInfo
from s1mpletrader.exchange.kraken_connector import KrakenConnector
from s1mpletrader.exchange.names import NameBook
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.exchange.rest_client import RestClient
from s1mpletrader.exchange.wire import to_rfc3339
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.looks import BalanceRow, OpenRow
from s1mpletrader.model.market import Instrument

_VALID_FOR_US = 5 * SECOND


class AccountInspector:
    """Asks by REST alone, with the rate budget and nonces of any other private call."""

    def __init__(
        self, connector: KrakenConnector, rest: RestClient, protocol: ProtocolClock
    ) -> None:
        self._connector = connector
        self._rest = rest
        self._protocol = protocol
        self._account = AccountReader(rest)
        self._names = NameBook()

    async def begin(self, epoch: int) -> None:
        """Let private calls begin (SAFETY F1) and learn the exchange's names."""
        self._connector.begin(epoch)
        await self.learn_names()

    async def learn_names(self) -> None:
        """Read what the exchange calls its assets and pairs; raises `ExchangeError`."""
        assets, pairs = await self._rest.public("Assets"), await self._rest.public("AssetPairs")
        self._names = rest_codec.read_names(assets, pairs)

    async def server_time_us(self) -> Micros:
        """Return the exchange's public Time; raises `ExchangeUnavailable`."""
        return await self._connector.server_time_us()

    async def status(self) -> str:
        """Return online, maintenance, cancel_only or post_only."""
        return await self._connector.status()

    def now_us(self) -> Micros:
        """Return the exchange's time."""
        return self._protocol.now_us()

    @property
    def clock_error_us(self) -> Micros:
        """How far `now_us` may be off."""
        return self._protocol.error_us

    def instrument(self, symbol: Symbol) -> Instrument | None:
        """Return a pair's rules, None where it is not listed."""
        return self._names.pairs.get(self._names.pair_id(symbol))

    async def key_info(self) -> KeyInfo:
        """Return what the key may do; raises `ExchangeError`."""
        return inspection_codec.read_key_info(await self._rest.private("GetApiKeyInfo"))

    async def socket_token(self) -> None:
        """See whether orders can be sent at all; raises `ExchangeError`."""
        await self._rest.private("GetWebSocketsToken")

    async def open_orders(self) -> tuple[OpenRow, ...]:
        """Return the open orders; raises `ExchangeError`."""
        return await self._account.open_orders(self._names)

    async def closed_orders(self) -> None:
        """See whether the closed list can be read; raises `ExchangeError`."""
        await self._account.closed_orders(self.now_us(), self._names)

    async def ledgers(self) -> None:
        """See whether the ledger can be read; raises `ExchangeError`."""
        await self._account.ledger_mark(self.now_us(), self._names)

    async def balances(self) -> tuple[BalanceRow, ...]:
        """Return what the account has; raises `ExchangeError`."""
        return await self._account.balances(self._names)

    async def fees(self, symbol: Symbol) -> tuple[Decimal, Decimal]:
        """Return taker and maker fee in percent; raises `ExchangeError`."""
        pair = self._names.pair_id(symbol)
        result = await self._rest.private("TradeVolume", {"pair": pair, "fee-info": "true"})
        fees: Fees = inspection_codec.read_fees(result)
        taker = fees.taker.get(pair)
        if taker is None:
            raise ExchangeUnavailable(f"TradeVolume says nothing about {pair}")
        return taker, fees.maker.get(pair, taker)

    async def last_price(self, symbol: Symbol) -> Decimal:
        """Return the price of the newest trade; raises `ExchangeError`."""
        params = {"pair": self._names.pair_id(symbol), "count": "1"}
        ticks, _ = rest_codec.read_trades(await self._rest.public("Trades", **params), symbol)
        if not ticks:
            raise ExchangeUnavailable(f"{symbol} was never traded")
        return ticks[-1].price

    async def validate_order(self, instrument: Instrument, qty: Decimal, price: Decimal) -> None:
        """Have a buy checked and not placed; raises `ExchangeError`.

        It is immediate-or-cancel: if the exchange ever ignored `validate`, nothing would rest.
        """
        params = {
            "pair": self._names.pair_id(instrument.symbol),
            "type": "buy",
            "ordertype": "limit",
            "timeinforce": "IOC",
            "volume": format(qty, "f"),
            "price": format(price, "f"),
            "deadline": to_rfc3339(Micros(self.now_us() + _VALID_FOR_US)),
            "validate": "true",
        }
        await self._rest.private("AddOrder", params)

"""Can a frame of a WebSocket do anything but be understood or be refused?"""

from s1mpletrader.exchange import error_codec
from s1mpletrader.exchange.executions import ExecutionMerge
from s1mpletrader.exchange.frame_codec import Executions, Reply, Trades, read_frame
from s1mpletrader.exchange.market_join import MarketJoin
from s1mpletrader.exchange.private_socket import PrivateSocket
from s1mpletrader.exchange.protocol_clock import ProtocolClock
from s1mpletrader.exchange.wire import BYTES_MAX
from tests.exchange.fake_kraken import FakeKraken, trades_frame
from tests.exchange.test_frame_codec import report, trade
from tests.exchange.world import HandClock
from tests.fuzz.mutation import Outcome, fuzz_with

CORPUS = tuple(
    text.encode()
    for text in (
        '{"channel":"heartbeat"}',
        '{"channel":"status","type":"update","data":[{"system":"online","connection_id":12345}]}',
        trades_frame(1, 2, 3),
        trades_frame(3, 4, kind="snapshot"),
        FakeKraken.executions([report(), trade()], 3),
        FakeKraken.executions([trade(symbol="BTC/USD", side="buy")], 1, "snapshot"),
        (
            '{"method":"add_order","req_id":7,"success":true,"result":{"order_id":"OA"},'
            '"time_in":"2026-05-05T10:00:00.123Z","time_out":"2026-05-05T10:00:00.125Z"}'
        ),
        '{"method":"add_order","req_id":7,"success":false,"error":"EOrder:Insufficient funds"}',
        (
            '{"method":"subscribe","req_id":1,"success":true,'
            '"result":{"channel":"trade","symbol":"BTC/USD","snapshot":true}}'
        ),
        '{"method":"pong","req_id":1,"time_in":"2026-05-05T10:00:00Z"}',
        '{"error":"Exceeded msg rate"}',
    )
)


class Listener:
    """Takes frames as the connector does, with state that must not grow."""

    def __init__(self) -> None:
        clock = HandClock()
        self._merge = ExecutionMerge(orders_max=100)
        self._join = MarketJoin()
        self._private = PrivateSocket(clock=clock, protocol=ProtocolClock(clock))

    def hear(self, data: bytes) -> None:
        assert len(data) < BYTES_MAX
        match read_frame(data):
            case Executions(reports):
                for each in reports:
                    self._merge.merge(each)
            case Trades() as trades:
                list(self._join.joined(trades))
            case Reply() as reply:
                self._private.answered(reply)
                error_codec.submit_failure(reply.error)
                error_codec.is_about_token(reply.error)
            case _:
                pass


def fuzz(seed: int, count: int) -> Outcome:
    """Hear `count` damaged frames on one connection."""
    return fuzz_with(Listener().hear, CORPUS, seed, count)

"""A day in the journal: a rejected chance, a trade that a threat closed, one that is still open."""

from decimal import Decimal as D

from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import (
    Asset,
    ClientOrderId,
    ExchangeOrderId,
    ExecId,
    LinkId,
    OpportunityId,
    Symbol,
    ThreatId,
    TradeId,
    WorkerId,
)
from s1mpletrader.model.market import Instrument
from s1mpletrader.model.orders import Fill, NewOrder, OrderRole, OrderType, Side

BTC, USD, PAIR, LINK = Asset("BTC"), Asset("USD"), Symbol("BTC/USD"), LinkId("demo_btc")
FIRST = 1_700_000_000 * SECOND
MARKET = 1_500_000_000 * SECOND
INSTRUMENT = Instrument(
    PAIR, BTC, USD, D("0.01"), D("0.00000001"), D("0.00001"), D("0.0001"), D("0.5")
)
FIRST_TRADE, SECOND_TRADE = TradeId("trade-1111"), TradeId("trade-2222")
ENTRY, STOP, EXIT = (ClientOrderId(f"00000000-0000-4000-8000-00000000000{each}") for each in "123")
SECOND_ENTRY, SECOND_STOP = (
    ClientOrderId(f"00000000-0000-4000-8000-00000000000{each}") for each in "45"
)
LOST = ThreatId("threat-aaaa")


def tick(price: str) -> inputs.MarketTick:
    return inputs.MarketTick(PAIR, D(price), D("0.5"), "buy", 1, Micros(MARKET))


def intent(
    client_id: ClientOrderId,
    trade_id: TradeId,
    role: OrderRole,
    *,
    opportunity_id: OpportunityId | None = None,
    threat_id: ThreatId | None = None,
    cause: str = "",
) -> records.Intended:
    is_entry = role is OrderRole.ENTRY
    order = NewOrder(
        client_id=client_id,
        symbol=PAIR,
        side=Side.BUY if is_entry else Side.SELL,
        type=OrderType.STOP_LOSS if role is OrderRole.STOP else OrderType.LIMIT,
        qty=D("0.5"),
        deadline_us=Micros(FIRST),
        limit_price=None if role is OrderRole.STOP else D("101.00"),
        trigger_price=D("90.00") if role is OrderRole.STOP else None,
    )
    return records.Intended(
        order=order,
        role=role,
        link=LINK,
        trade_id=trade_id,
        grace_us=Micros(5),
        reserved=D(0),
        opportunity_id=opportunity_id,
        threat_id=threat_id,
        cause=cause,
    )


def filled(client_id: ClientOrderId, txid: str, qty: str, price: str, side: Side) -> records.Filled:
    fill = Fill(
        exec_id=ExecId(f"T-{txid}-{qty}"),
        txid=ExchangeOrderId(txid),
        symbol=PAIR,
        side=side,
        qty=D(qty),
        price=D(price),
        cost=D(qty) * D(price),
        fee=D("0.10"),
        fee_asset=USD,
        time_us=Micros(FIRST),
    )
    return records.Filled(client_id, fill)


def acked(client_id: ClientOrderId, txid: str) -> records.Acked:
    return records.Acked(client_id, ExchangeOrderId(txid), "answer")


def gone(client_id: ClientOrderId, volume: str, reason: str = "") -> records.FinalVolume:
    return records.FinalVolume(client_id, D(volume), "stream", reason)


def chance(name: str, reason: str) -> records.OpportunityFound:
    return records.OpportunityFound(
        OpportunityId(name), LINK, PAIR, WorkerId("ema_cross_1"), reason
    )


def day() -> list[Group]:
    """Return the groups, a second of protocol time and a minute of market time apart."""
    run = inputs.RunStarted(
        "0", "3", "c", "paper", 5, 9, 1, "host", "boot", instruments=(INSTRUMENT,)
    )
    timer, answer = inputs.TimerFired(), inputs.LeaseRenewed(Micros(0))
    events: list[tuple[inputs.Input, tuple[records.Record, ...]]] = [
        (run, (records.Booked("opening:USD", LINK, USD, D(10_000), "opening"),)),
        (
            tick("99"),
            (
                chance("opportunity-0000", "fast 98 above slow 97"),
                records.OpportunityRejected(
                    OpportunityId("opportunity-0000"), LINK, PAIR, "limits", "qty 9 > max 1"
                ),
            ),
        ),
        (
            tick("100"),
            (
                chance("opportunity-1111", "fast 101 above slow 100"),
                intent(
                    ENTRY,
                    FIRST_TRADE,
                    OrderRole.ENTRY,
                    opportunity_id=OpportunityId("opportunity-1111"),
                    cause="plan of default_plan_executor",
                ),
            ),
        ),
        (answer, (acked(ENTRY, "OENTRY-1"),)),
        (
            answer,
            (
                filled(ENTRY, "OENTRY-1", "0.3", "100", Side.BUY),
                records.TradeOpened(FIRST_TRADE, LINK, PAIR, OpportunityId("opportunity-1111")),
                intent(STOP, FIRST_TRADE, OrderRole.STOP),
            ),
        ),
        (
            answer,
            (
                filled(ENTRY, "OENTRY-1", "0.2", "101", Side.BUY),
                gone(ENTRY, "0.5"),
                acked(STOP, "OSTOP-1"),
                records.AmendWanted(STOP, D("0.5"), D("90.00"), Micros(FIRST)),
            ),
        ),
        (answer, (records.AmendSettled(STOP, D("0.5"), D("90.00"), "answer"),)),
        (
            inputs.ConnectionChanged(2, "down", attempts=5),
            (
                records.ThreatDetected(LOST, "CONNECTION_LOST", "connection_monitor", "5 failed"),
                records.HaltSet("connection_lost", "account", LOST, "5 failed", sticky=True),
                records.ExitWanted(FIRST_TRADE, "connection_lost", LOST),
                records.CancelWanted(STOP, "the coins are needed"),
            ),
        ),
        (
            timer,
            (
                gone(STOP, "0", "canceled"),
                intent(EXIT, FIRST_TRADE, OrderRole.EXIT, threat_id=LOST),
            ),
        ),
        (answer, (records.WentUnknown(EXIT, "no answer in 5 s", Micros(60)),)),
        (
            answer,
            (
                acked(EXIT, "OEXIT-1"),
                filled(EXIT, "OEXIT-1", "0.5", "99", Side.SELL),
                gone(EXIT, "0.5"),
                records.TradeClosed(
                    FIRST_TRADE, "connection_lost", D("-1.00"), D("0.30"), threat_id=LOST
                ),
            ),
        ),
        (
            inputs.OperatorCommand("resume", "anna(1000)", "all well"),
            (records.HaltCleared("connection_lost", "account", "anna(1000)", "all well"),),
        ),
        (tick("102"), ()),
        (
            tick("103"),
            (
                chance("opportunity-2222", "fast 104 above slow 103"),
                intent(
                    SECOND_ENTRY,
                    SECOND_TRADE,
                    OrderRole.ENTRY,
                    opportunity_id=OpportunityId("opportunity-2222"),
                ),
                acked(SECOND_ENTRY, "OENTRY-2"),
                filled(SECOND_ENTRY, "OENTRY-2", "0.5", "100", Side.BUY),
                gone(SECOND_ENTRY, "0.5"),
                records.TradeOpened(SECOND_TRADE, LINK, PAIR, OpportunityId("opportunity-2222")),
                intent(SECOND_STOP, SECOND_TRADE, OrderRole.STOP),
                acked(SECOND_STOP, "OSTOP-2"),
            ),
        ),
        (
            inputs.OperatorCommand("halt", "anna(1000)", "lunch"),
            (records.HaltSet("operator", "link:demo_btc", "anna(1000)", "lunch", sticky=True),),
        ),
    ]
    return [
        Group(
            inputs.Stamp(
                number,
                Micros(MARKET + number * 60 * SECOND),
                Micros(FIRST + number * SECOND),
            ),
            event,
            told,
        )
        for number, (event, told) in enumerate(events, start=1)
    ]

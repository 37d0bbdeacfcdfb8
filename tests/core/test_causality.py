"""Why did this happen?"""

from decimal import Decimal as D

from s1mpletrader.cli.tree import tree
from s1mpletrader.core import causality
from s1mpletrader.core.causality import Node
from s1mpletrader.core.chronicle import Chronicle
from s1mpletrader.model import records
from s1mpletrader.model.base import SECOND, Micros
from s1mpletrader.model.groups import Group
from s1mpletrader.model.ids import OpportunityId, ThreatId, TradeId
from s1mpletrader.model.inputs import OperatorCommand, Stamp, TimerFired
from s1mpletrader.model.orders import OrderRole
from tests.fakes import trading_day


def told(wanted: str, groups: list[Group] | None = None) -> str:
    known = causality.chronicle(trading_day.day() if groups is None else groups)
    ((name, kind),) = causality.candidates(known, wanted).items()
    return text_of(causality.why(known, name, kind))


def text_of(node: Node, depth: int = 0) -> str:
    lines = [". " * depth + node.text, *(text_of(each, depth + 1) for each in node.children)]
    return "\n".join(lines)


WHOLE_TRADE = """\
trade trade-1111  BTC/USD  demo_btc  closed
. opportunity opportunity-1111  2023-11-14T22:13:23.000Z found by ema_cross_1
. . because fast 101 above slow 100
. . decided by input 3: tick BTC/USD 100 x 0.5 (market 2017-07-14T02:43:00.000Z)
. entry order 00000000-0000-4000-8000-000000000001 because plan of default_plan_executor
. . 2023-11-14T22:13:23.000Z intent, input 3: buy limit 0.5 BTC/USD limit 101.00
. . +1000 ms acked as OENTRY-1 (by answer)
. . +2000 ms filled 0.3 @ 100, fee 0.10 USD (T-OENTRY-1-0.3)
. . +3000 ms filled 0.2 @ 101, fee 0.10 USD (T-OENTRY-1-0.2)
. . +3000 ms left the book with 0.5 executed (by stream)
. stop order 00000000-0000-4000-8000-000000000002
. . 2023-11-14T22:13:25.000Z intent, input 5: sell stop-loss 0.5 BTC/USD trigger 90.00
. . +1000 ms acked as OSTOP-1 (by answer)
. . +1000 ms amend sent: 0.5, trigger 90.00
. . +2000 ms stands at 0.5, trigger 90.00 (by answer)
. . +3000 ms cancel sent: the coins are needed
. . +4000 ms left the book with 0 executed (by stream): canceled
. 2023-11-14T22:13:28.000Z halt connection_lost on account by threat-aaaa: 5 failed; \
until 2023-11-14T22:13:32.000Z (all well)
. 2023-11-14T22:13:28.000Z exit wanted because connection_lost
. . threat threat-aaaa  2023-11-14T22:13:28.000Z CONNECTION_LOST found by \
connection_monitor: 5 failed
. . decided by input 8: connection down, 5 failed attempts (market 2017-07-14T02:48:00.000Z)
. exit order 00000000-0000-4000-8000-000000000003
. . 2023-11-14T22:13:29.000Z intent, input 9: sell limit 0.5 BTC/USD limit 101.00
. . +1000 ms in doubt: no answer in 5 s
. . +2000 ms acked as OEXIT-1 (by answer)
. . +2000 ms filled 0.5 @ 99, fee 0.10 USD (T-OEXIT-1-0.5)
. . +2000 ms left the book with 0.5 executed (by stream)
. 2023-11-14T22:13:31.000Z closed: connection_lost; profit -1.00, fees 0.30, \
held 360 s of market time"""


def test_a_closed_trade_tells_its_whole_story_in_order() -> None:
    assert told("trade-1111") == WHOLE_TRADE


def test_every_record_of_the_trade_is_told() -> None:
    """Sabotage: if the index lost any one record of the trade, its story would be another."""
    whole = told("trade-1111")
    for group in trading_day.day()[2:11]:
        for record in group.records:
            rest = tuple(each for each in group.records if each is not record)
            if isinstance(record, records.Intended):
                continue  # without its intent an order has no beginning at all
            maimed = [
                Group(each.stamp, each.input, rest) if each.stamp == group.stamp else each
                for each in trading_day.day()
            ]
            assert told("trade-1111", maimed) != whole, record


def test_an_open_trade_says_which_halt_still_stands() -> None:
    text = told("trade-2222")
    assert text.startswith("trade trade-2222  BTC/USD  demo_btc  open")
    assert "halt operator on link:demo_btc by anna(1000): lunch; still standing" in text
    assert "connection_lost" not in text, "that halt was over before this trade began"


def test_a_rejected_opportunity_names_the_rule() -> None:
    assert told("opportunity-0000").splitlines()[3:] == [
        ". 2023-11-14T22:13:22.000Z rejected by limits: qty 9 > max 1"
    ]


def test_an_opportunity_leads_to_its_trade() -> None:
    assert ". trade trade-1111" in told("opportunity-1111")


def test_a_threat_names_everything_it_caused() -> None:
    text = told("threat-aaaa")
    assert "CONNECTION_LOST found by connection_monitor" in text
    assert "wanted trade trade-1111 closed" in text
    assert "trade trade-1111 was closed" in text
    assert f"order {trading_day.EXIT}" in text
    assert "halt connection_lost on account" in text


def test_an_order_is_found_by_either_of_its_ids_and_says_for_what_it_was() -> None:
    by_txid = told("OEXIT-1")
    assert by_txid == told(trading_day.EXIT)
    assert "for trade trade-1111  demo_btc" in by_txid
    assert "because of threat threat-aaaa" in by_txid
    assert "exit wanted because connection_lost" in by_txid
    assert "because fast 101 above slow 100" in told(trading_day.ENTRY)


def test_a_beginning_is_enough_if_it_begins_one_id_only() -> None:
    known = causality.chronicle(trading_day.day())
    assert causality.candidates(known, "trade-1") == {"trade-1111": "trade"}
    assert set(causality.candidates(known, "trade-")) == {"trade-1111", "trade-2222"}
    assert causality.candidates(known, "nothing") == {}


def test_a_cause_whose_beginning_was_compacted_away_is_said_to_be_missing() -> None:
    text = told("opportunity-1111", trading_day.day())
    assert "not in the journal" not in text
    late = [
        Group(each.stamp, each.input, each.records[1:]) if each.stamp.number == 3 else each
        for each in trading_day.day()
    ]
    assert "(its finding is not in the journal)" in told("trade-1111", late)


def test_records_of_orders_that_began_before_the_journal_are_left_out() -> None:
    known = Chronicle()
    known.take_in(trading_day.day()[3:4])
    assert known.ids() == {}


def test_the_tree_is_drawn_without_cutting_an_id() -> None:
    node = Node("root", (Node("first", (Node("x " * 60 + trading_day.ENTRY),)), Node("last")))
    lines = tree(node).splitlines()
    assert lines[:2] == ["root", "├─ first"]
    assert lines[2].startswith("│  └─ x x")
    assert lines[3].startswith("│     ")
    assert lines[-1] == "└─ last"
    assert trading_day.ENTRY in tree(node)
    assert max(map(len, lines)) <= 100


def group(number: int, *told: records.Record) -> Group:
    stamp = Stamp(number, Micros(number), Micros(trading_day.FIRST + number * SECOND))
    return Group(stamp, TimerFired(), told)


def test_every_way_an_order_can_end_is_told() -> None:
    order = trading_day.intent(trading_day.ENTRY, TradeId("trade-x"), OrderRole.ENTRY)
    ends: dict[str, records.Record] = {
        "never sent: gate": records.NotSent(trading_day.ENTRY, "gate"),
        "refused by the exchange: EOrder:Minimum": records.Rejected(
            trading_day.ENTRY, "EOrder:Minimum"
        ),
        "was never placed: two looks": records.NotPlaced(trading_day.ENTRY, "two looks"),
    }
    for said, end in ends.items():
        text = told("trade-x", [group(1, order), group(2, end)])
        assert text.startswith("trade trade-x  BTC/USD  demo_btc  never opened")
        assert said in text


def test_a_rejection_because_of_a_threat_is_told_from_both_ends() -> None:
    threat = records.ThreatDetected(ThreatId("threat-b"), "DRAWDOWN", "monitor", "6 % > 5 %")
    refused = records.OpportunityRejected(
        OpportunityId("chance"),
        trading_day.LINK,
        trading_day.PAIR,
        "gate",
        "halted",
        ThreatId("threat-b"),
    )
    groups = [group(1, threat), group(2, refused)]
    assert "because of threat threat-b" in told("chance", groups)
    assert "rejected by gate: halted" in told("threat-b", groups)
    assert "decided by input 1: timer" in told("threat-b", groups)
    assert told("threat-b", groups[1:]).startswith("threat threat-b  (its detection is not")
    assert "threat threat-b  (its detection is not in the journal)" in told("chance", groups[1:])


def test_an_operators_exit_names_the_operator_and_dust_is_told() -> None:
    order = trading_day.intent(trading_day.EXIT, TradeId("trade-x"), OrderRole.EXIT)
    wanted = records.ExitWanted(TradeId("trade-x"), "anna(1000): lunch")
    closed = records.TradeClosed(TradeId("trade-x"), "anna", D(1), D(0), dust=D("0.00000001"))
    command = OperatorCommand("halt", "anna(1000)", "lunch")
    groups = [
        group(1, order),
        Group(Stamp(2, Micros(2), Micros(2)), command, (wanted,)),
        group(3, closed),
    ]
    text = told("trade-x", groups)
    assert "decided by input 2: halt by anna(1000)" in text
    assert "dust 0.00000001" in text


def test_halts_of_other_links_are_not_part_of_a_trades_story() -> None:
    other = records.HaltSet("operator", "link:other", "anna(1000)", "no", sticky=True)
    day = trading_day.day()
    mixed = [
        Group(each.stamp, each.input, (*each.records, other)) if each.stamp.number == 5 else each
        for each in day
    ]
    assert told("trade-1111", mixed) == told("trade-1111")
    after = group(16, records.HaltSet("limits", "account", "engine", "loss", sticky=True))
    assert told("trade-1111", [*day, after]) == told("trade-1111")
    assert "halt limits" in told("trade-2222", [*day, after])

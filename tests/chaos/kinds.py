"""What can go wrong, and with which arguments?

A kind is one row: the faults that the exchange is told to have (docs/simulator.md), with their
arguments drawn, and how long they last. What a kind may lead to is the judge's business
(tests/chaos/allowed.py).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.draws import Between, OneOf, dice_of, one_of
from tests.chaos.scenario import Cycle, Kill, Whom

KILL_SHARE = 0.45
"""Of the cycles that may, so many also end or stop a process."""
KILLED: tuple[tuple[Whom, float], ...] = (
    ("engine", 0.6),
    ("exchange", 0.15),
    ("both", 0.1),
    ("stop", 0.1),
    ("sleep", 0.05),
)
LEAD_MAX_S = 0.2
KILL_DELAY_MAX_S = 0.5
DOWN_MAX_S = 0.3
SLEEP_S = Between(0.2, 2.4)
"""Some sleeps are longer than a decision may wait (SAFETY G5)."""


BRIEFLY = Between(0.0, 0.2)


@dataclass(frozen=True)
class Kind:
    """A way to go wrong."""

    name: str
    faults: tuple[Mapping[str, Any], ...]
    lasts_s: Between = BRIEFLY
    """How long after the hit it is healed."""
    awaits_hit: bool = True
    """Whether the cycle waits until every fault was hit."""
    may_kill: bool = True
    pauses_market: bool = False
    """Whether the market stands still from the hit on."""
    then: tuple[Mapping[str, Any], ...] = ()
    """Ordered as soon as the faults have hit."""
    is_found_by_itself: bool = False
    """Whether nobody asks for a look: the periodic one must find it."""


def fault(kind: str, **arguments: Any) -> Mapping[str, Any]:
    """Return a fault as the control API takes it, some arguments still to be drawn."""
    return {"kind": kind, **arguments}


ON_THE_WIRE = one_of("add_order", "add_order", "amend_order", "cancel_order")
CHANGES = one_of("amend_order", "cancel_order")
HOW = one_of("close", "close_1006", "http_502", "silent")
FIRST = one_of(0, 0, 1, 2)
"""How many pass unharmed: an entry, its stop, the exit."""
LOOK_CALLS = one_of("OpenOrders", "ClosedOrders", "TradesHistory", "BalanceEx", "Ledgers")
LAG = Between(0.05, 0.15)
"""Below V, as SAFETY D5 assumes."""
SHORT = Between(0.05, 0.9)
"""Within the deadline."""
LATE = Between(1.1, 1.8)
"""Beyond the deadline and the patience for an answer, within D + G."""
FOUND_DEAD_S = Between(2.8, 3.4)
"""A little more than the silence that a subscription may keep while there is something to tell."""
FAR_BID = {"order_type": "limit", "side": "buy", "order_qty": 0.01, "limit_price": 100}
SMALL_SALE = {"order_type": "market", "side": "sell", "order_qty": 0.001, "symbol": "BTC/USD"}

KINDS: tuple[Kind, ...] = (
    # What was sent, and what is answered.
    Kind("answer lost", (fault("answer_lost", method=ON_THE_WIRE, how=HOW, skip=FIRST),)),
    Kind("answers lost in a row", (fault("answer_lost", method="add_order", count=3),)),
    Kind("request lost", (fault("request_lost", method=ON_THE_WIRE, how=HOW, skip=FIRST),)),
    Kind(
        "answer held",
        (fault("hold_answers", channel="ws_private", method=ON_THE_WIRE),),
        lasts_s=Between(0.0, 1.2),
    ),
    Kind("answer late", (fault("answer_late", method=ON_THE_WIRE, delay_s=SHORT),)),
    Kind("answer too late", (fault("answer_late", method=ON_THE_WIRE, delay_s=LATE),)),
    Kind("request delayed", (fault("delay_in_flight", method=ON_THE_WIRE, delay_s=SHORT),)),
    Kind(
        "request after its deadline", (fault("delay_in_flight", method=ON_THE_WIRE, delay_s=LATE),)
    ),
    Kind(
        "order refused",
        (
            fault(
                "reject_next",
                method="add_order",
                skip=FIRST,
                error=one_of("EOrder:Insufficient funds", "EGeneral:Temporary lockout"),
            ),
        ),
    ),
    Kind(
        "order refused late",
        (
            fault(
                "reject_late", method="add_order", error="EOrder:Insufficient funds", delay_s=LATE
            ),
        ),
    ),
    Kind(
        "order refused without proof",
        (
            fault(
                "reject_next",
                method="add_order",
                skip=FIRST,
                error=one_of("EService:Unavailable", "EService:Busy", "EGeneral:Internal error"),
            ),
        ),
    ),
    Kind(
        "amend refused",
        (
            fault(
                "reject_next",
                method="amend_order",
                error=one_of("EOrder:Invalid order", "EOrder:Unknown order"),
            ),
        ),
    ),
    Kind(
        "cancel refused",
        (fault("reject_next", method="cancel_order", error="EOrder:Unknown order"),),
    ),
    Kind("rate limit on orders", (fault("rate_limited", method="add_order", skip=FIRST),)),
    Kind("token expired", (fault("expired_token", method="add_order", skip=FIRST),)),
    Kind("tokens forgotten", (fault("tokens_forgotten", when="before", method=ON_THE_WIRE),)),
    # What orders become meanwhile.
    Kind("partial fill", (fault("partial_fill", fraction=Between(0.1, 0.9), skip=FIRST),)),
    Kind(
        "fill overtakes a change",
        (fault("fill_races", method=CHANGES, fraction=one_of(0.3, 0.7, 1.0)),),
    ),
    Kind("stop triggers during a change", (fault("trigger_races", method=CHANGES),)),
    Kind("fee in base", (fault("fee_in_base", side="buy", count=2),)),
    # What the streams say.
    Kind(
        "events after the reply",
        (fault("events_after_reply", method=ON_THE_WIRE, delay_s=Between(0.05, 0.5), count=3),),
    ),
    Kind("message twice", (fault("duplicate", method="executions", count=4),)),
    Kind("messages reordered", (fault("reorder", method="executions", window=one_of(1, 2, 4)),)),
    Kind("message lost", (fault("gap", method="executions", skip=FIRST),)),
    Kind(
        "messages lost in a row",
        (fault("gap", method="executions", count=one_of(2, 4)),),
        lasts_s=Between(0.2, 0.6),
    ),
    Kind("trade messages lost", (fault("gap", channel="ws_public", method="trade", count=3),)),
    Kind(
        "reports subscription dead",
        (
            fault("dead_subscription", method="executions"),
            fault("drop", target="ws_private"),
        ),
        lasts_s=FOUND_DEAD_S,
    ),
    Kind(
        "trades subscription dead",
        (fault("dead_subscription", method="trade"), fault("drop", target="ws_public")),
        lasts_s=FOUND_DEAD_S,
    ),
    # What reads say.
    Kind("read fails", (fault("answer_lost", channel="rest", method=LOOK_CALLS, how=HOW),)),
    Kind(
        "read answered by the edge",
        (
            fault(
                "request_lost",
                channel="rest",
                method=LOOK_CALLS,
                how=one_of("http_429", "http_503", "http_520"),
                count=2,
            ),
        ),
    ),
    Kind("rate limit on reads", (fault("rate_limited", channel="rest", count=2),)),
    Kind(
        "pages cut short",
        (fault("partial_page", method=one_of("ClosedOrders", "TradesHistory"), rows=1, count=4),),
    ),
    Kind(
        "slow looks",
        (
            fault(
                "delay_in_flight",
                channel="rest",
                method=one_of("OpenOrders", "ClosedOrders", "TradesHistory"),
                delay_s=SHORT,
                count=3,
            ),
        ),
        lasts_s=Between(0.5, 1.5),
    ),
    Kind(
        "lists lag",
        (
            fault("visibility_lag", list="OpenOrders", delay_s=LAG),
            fault("visibility_lag", list="ClosedOrders", delay_s=LAG),
            fault("visibility_lag", list="TradesHistory", delay_s=LAG),
            fault("answer_lost", method="add_order", how="close"),
        ),
        lasts_s=Between(0.5, 1.0),
    ),
    Kind(
        "lists disagree",
        (
            fault("visibility_lag", list="ClosedOrders", delay_s=LAG, drawn=True),
            fault("visibility_lag", list="OpenOrders", delay_s=LAG, drawn=True, stale=True),
            fault("visibility_lag", list="Balances", delay_s=LAG, drawn=True),
            fault("request_lost", method="add_order", how="close"),
        ),
        lasts_s=Between(0.5, 1.0),
    ),
    # The connections.
    Kind(
        "silent",
        (
            fault(
                "silent_stall",
                channel=one_of("ws_public", "ws_private", "ws"),
                pongs=one_of(True, False),
            ),
        ),
        lasts_s=Between(0.5, 2.6),
        awaits_hit=False,
    ),
    Kind(
        "connections dropped",
        (
            fault(
                "drop",
                target=one_of("ws_public", "ws_private", "rest", "all"),
                how=one_of("close", "close_1001", "close_1006"),
                when=one_of("before", "after"),
                method=ON_THE_WIRE,
            ),
        ),
    ),
    Kind(
        "dropped with an order in flight",
        (fault("delay_in_flight", method="add_order", delay_s=Between(0.7, 0.9)),),
        lasts_s=Between(0.8, 1.0),
        then=(fault("drop", target="ws_private"),),
    ),
    Kind("network cut", (fault("cut", for_s=Between(0.1, 1.5)),), lasts_s=Between(0.2, 1.6)),
    Kind(
        "network cut for long",
        (fault("cut", for_s=6.0),),
        lasts_s=Between(6.0, 6.1),
        may_kill=False,
    ),
    Kind(
        "filled while disconnected",
        (fault("fill_while_disconnected", for_s=Between(0.3, 1.2), fraction=one_of(0.5, 1.0)),),
        lasts_s=Between(0.5, 1.3),
    ),
    Kind(
        "stops cancelled meanwhile, short pages",
        (
            fault("partial_page", channel="rest", method="ClosedOrders", rows=1, count=60),
            fault("cut", for_s=Between(0.3, 0.6)),
            fault("stop_cancelled"),
        ),
        lasts_s=Between(0.8, 1.2),
        awaits_hit=False,
        pauses_market=True,
    ),
    # The exchange.
    Kind("exchange frozen", (fault("freeze", for_s=Between(0.2, 2.5)),), lasts_s=Between(0.3, 2.6)),
    Kind(
        "exchange kills itself",
        (fault("kill", when=one_of("before", "after"), method=ON_THE_WIRE),),
    ),
    Kind(
        "exchange not online",
        (fault("status", status=one_of("maintenance", "cancel_only", "post_only", "limit_only")),),
        lasts_s=Between(0.1, 1.0),
    ),
    Kind(
        "exchange's clock is off",
        (fault("clock_skew", skew_s=one_of(-2.0, -0.5, 0.5, 2.0), drift_ppm=one_of(0, 1000)),),
        lasts_s=Between(0.3, 1.0),
        may_kill=False,
    ),
    # Other hands.
    Kind(
        "order by hand",
        (fault("manual_order", params={**FAR_BID, "symbol": "BTC/USD"}),),
        is_found_by_itself=True,
    ),
    Kind("trade by hand", (fault("manual_trade", params=SMALL_SALE),), is_found_by_itself=True),
    Kind("stops cancelled by hand", (fault("stop_cancelled"),)),
    Kind("deposit", (fault("deposit", asset="USD", amount="12.34"),)),
    Kind("withdrawal", (fault("withdrawal", asset=one_of("USD", "BTC"), amount="0.0123"),)),
    Kind(
        "money from nowhere",
        (
            fault("visibility_lag", list="Ledgers", delay_s=60),
            fault("deposit", asset="USD", amount="12.34"),
        ),
        may_kill=False,
        pauses_market=True,
    ),
    Kind("nonce refused", (fault("invalid_nonce", channel="rest"),), may_kill=False),
    Kind(
        "second instance",
        (fault("second_instance", nonce_ahead=2**33),),
        may_kill=False,
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def draw(
    seed: int, number: int, kinds: tuple[Kind, ...] = KINDS, *, kill_share: float = KILL_SHARE
) -> Cycle:
    """Return what is done in a cycle: kinds come in rounds, each once in a round, shuffled."""
    rounds, place = divmod(number, len(kinds))
    order = list(kinds)
    dice_of(seed, -1 - rounds).shuffle(order)
    kind, dice = order[place], dice_of(seed, number)
    faults = tuple(_drawn(each, dice) for each in kind.faults)
    lead_s = Between(0, LEAD_MAX_S).draw(dice)
    lasts_s = kind.lasts_s.draw(dice)
    then = tuple(_drawn(each, dice) for each in kind.then)
    return Cycle(
        seed, number, kind.name, faults, lead_s, lasts_s, _kill(kind, dice, kill_share), then
    )


def _drawn(template: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    return {
        name: value.draw(dice) if isinstance(value, OneOf | Between) else value
        for name, value in template.items()
    }


def _kill(kind: Kind, dice: random.Random, share: float) -> Kill | None:
    is_killed = dice.random() < share
    names, weights = zip(*KILLED, strict=True)
    (whom,) = dice.choices(names, weights)
    delay_s = dice.choice((0.0, Between(0, KILL_DELAY_MAX_S).draw(dice)))
    down_s = (SLEEP_S if whom == "sleep" else Between(0, DOWN_MAX_S)).draw(dice)
    return Kill(whom, delay_s, down_s) if is_killed and kind.may_kill else None

"""What can go wrong, and with which arguments?

A kind is one row: the faults that the exchange is told to have, with their arguments drawn, and
how long they last. What a kind may lead to is the judge's business (tests/chaos/allowed.py).
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.chaos.scenario import Cycle, Kill, Whom, dice_of

KILL_SHARE = 0.35
"""Of the cycles, so many kill something, too."""
KILLED: tuple[tuple[Whom, float], ...] = (
    ("engine", 0.6),
    ("exchange", 0.2),
    ("both", 0.1),
    ("stop", 0.1),
)
LEAD_MAX_S = 0.3
KILL_DELAY_MAX_S = 0.6
DOWN_MAX_S = 0.4


@dataclass(frozen=True)
class OneOf:
    """An argument drawn from a few."""

    choices: tuple[Any, ...]

    def draw(self, dice: random.Random) -> Any:
        """Return one of them."""
        return dice.choice(self.choices)


@dataclass(frozen=True)
class Between:
    """A number drawn from a range."""

    least: float
    most: float

    def draw(self, dice: random.Random) -> float:
        """Return one with three digits."""
        return round(dice.uniform(self.least, self.most), 3)


@dataclass(frozen=True)
class Kind:
    """A way to go wrong."""

    name: str
    faults: tuple[Mapping[str, Any], ...]
    lasts_s: Between = Between(0.0, 0.3)
    """How long after the hit it is healed."""
    awaits_hit: bool = True
    """Whether the cycle waits until the fault was hit; standing faults and deeds need not."""
    may_kill: bool = True


def one_of(*choices: Any) -> OneOf:
    """Return an argument drawn from `choices`."""
    return OneOf(choices)


def fault(kind: str, **arguments: Any) -> Mapping[str, Any]:
    """Return a fault as the control API takes it, some arguments still to be drawn."""
    return {"kind": kind, **arguments}


ORDER_METHODS = one_of("add_order", "add_order", "amend_order", "cancel_order")
HOW = one_of("close", "http_502", "silent")
LISTS = one_of("OpenOrders", "ClosedOrders", "TradesHistory", "Ledgers")
LOOK_CALLS = one_of(
    "OpenOrders", "ClosedOrders", "TradesHistory", "BalanceEx", "Ledgers", "QueryOrders"
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "answer lost",
        (fault("answer_lost", method=ORDER_METHODS, how=HOW, skip=one_of(0, 1, 2)),),
    ),
    Kind(
        "answers lost in a row",
        (fault("answer_lost", method="add_order", how="close", count=3),),
    ),
    Kind(
        "answer held",
        (fault("hold_answers", channel="ws_private", method=ORDER_METHODS),),
        lasts_s=Between(0.0, 1.2),
    ),
    Kind(
        "request delayed",
        (fault("delay_in_flight", method=ORDER_METHODS, delay_s=Between(0.05, 0.9)),),
    ),
    Kind(
        "request delayed beyond its deadline",
        (fault("delay_in_flight", method=ORDER_METHODS, delay_s=Between(1.1, 1.8)),),
    ),
    Kind(
        "order refused",
        (
            fault(
                "reject_next",
                method="add_order",
                skip=one_of(0, 1, 2),
                error=one_of("EOrder:Insufficient funds", "EGeneral:Temporary lockout"),
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
    Kind(
        "read fails",
        (fault("answer_lost", channel="rest", method=LOOK_CALLS, how=HOW),),
    ),
    Kind(
        "silent",
        (
            fault(
                "silent_stall", channel=one_of("ws_public", "ws_private"), pongs=one_of(True, False)
            ),
        ),
        lasts_s=Between(0.3, 2.6),
        awaits_hit=False,
    ),
    Kind(
        "lists lag",
        (
            fault("visibility_lag", list="OpenOrders", delay_s=Between(0.05, 0.15)),
            fault("visibility_lag", list="ClosedOrders", delay_s=Between(0.05, 0.15)),
            fault("visibility_lag", list="TradesHistory", delay_s=Between(0.05, 0.15)),
            fault("answer_lost", method="add_order", how="close"),
        ),
        lasts_s=Between(0.5, 1.0),
    ),
)
BY_NAME = {kind.name: kind for kind in KINDS}


def draw(seed: int, number: int, kinds: tuple[Kind, ...] = KINDS) -> Cycle:
    """Return what is done in a cycle: kinds come in rounds, each once in a round, shuffled."""
    rounds, place = divmod(number, len(kinds))
    order = list(kinds)
    dice_of(seed, -1 - rounds).shuffle(order)
    kind, dice = order[place], dice_of(seed, number)
    faults = tuple(_drawn(each, dice) for each in kind.faults)
    lead_s = Between(0, LEAD_MAX_S).draw(dice)
    lasts_s = kind.lasts_s.draw(dice)
    return Cycle(seed, number, kind.name, faults, lead_s, lasts_s, _kill(kind, dice))


def _drawn(template: Mapping[str, Any], dice: random.Random) -> dict[str, Any]:
    return {
        name: value.draw(dice) if isinstance(value, OneOf | Between) else value
        for name, value in template.items()
    }


def _kill(kind: Kind, dice: random.Random) -> Kill | None:
    is_killed = dice.random() < KILL_SHARE
    names, weights = zip(*KILLED, strict=True)
    (whom,) = dice.choices(names, weights)
    delay_s = dice.choice((0.0, Between(0, KILL_DELAY_MAX_S).draw(dice)))
    down_s = Between(0, DOWN_MAX_S).draw(dice)
    return Kill(whom, delay_s, down_s) if is_killed and kind.may_kill else None

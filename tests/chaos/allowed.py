"""Which halts does a fault explain, and for how long?

The judge's table. A halt whose reason is not here for what was done is needless; a rest that comes
later than allowed is a failure. Every entry is justified by a rule of SAFETY (docs/safety.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.chaos.pair import LEASE_S, RECONCILE_EVERY_S, SILENCE_MAX_S
from tests.chaos.scenario import Cycle
from tests.rig.processes import PATIENCE

D_S, G_S = PATIENCE["deadline_s"], PATIENCE["grace_s"]
V_S, SP_S = PATIENCE["visibility_s"], PATIENCE["look_spacing_s"]
E_S = 0.25
"""The clock's error that the newcomer's wait allows for (SAFETY F2)."""
BUSY_S = 4.0
"""Of a host whose two cores four processes share: starts, looks, and whoever else runs."""
LOOKS_S = 2 * (V_S + SP_S) + 2.0
"""Two looks that agree, each some twelve calls."""
DOUBT_S = D_S + G_S + LOOKS_S
"""Absence is believed after deadline + G and two looks (SAFETY D2, D6)."""
RECONNECT_S = SILENCE_MAX_S + 1.0
"""Silence is noticed, a connection dialled, its subscriptions acknowledged (SAFETY G4)."""
START_S = 4.0
"""A process starts, recovers its books, and looks."""
NEWCOMER_S = LEASE_S + D_S + E_S
"""A run whose lease ran out meanwhile waits until an older copy's has, too (SAFETY F2)."""
PERIODIC_S = RECONCILE_EVERY_S + LOOKS_S
"""The periodic look finds it (SAFETY D9)."""
FENCED = 79
NEAR_S = 1.0
"""Messages arrive at once; on a busy host three trades see them a little later."""
TRADES_AT_ONCE = 3
DARK_S = TRADES_AT_ONCE * RECONNECT_S
"""Nothing is heard until a lost connection is noticed and replaced, for each of three trades."""
UNHEARD_S = TRADES_AT_ONCE * PERIODIC_S
"""A lost message shows with the next one, and if none comes, the periodic look finds it (D9)."""
OTHER_HANDS = frozenset({"foreign_order", "foreign_trade", "deposit", "withdrawal", "orphan"})
"""What is only told where somebody else has done something."""


@dataclass(frozen=True)
class Allowed:
    """What a fault may lead to."""

    reasons: frozenset[str]
    longest_s: float
    """From healing to rest."""
    why: str
    exits: frozenset[int] = frozenset()
    """Codes with which the engine may end by itself."""
    expected: frozenset[str] = frozenset()
    """Reasons that must be seen: a danger of which nobody is told is a failure, too."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """Discrepancies, and bookings of the ledger, that must be told exactly so often (D8)."""
    blind_s: float = NEAR_S
    """How long the engine may not know of an execution, summed over the trades of a cycle."""


def allow(
    *reasons: str,
    longest_s: float,
    why: str,
    exits: tuple[int, ...] = (),
    expected: tuple[str, ...] = (),
    counts: Mapping[str, int] | None = None,
    blind_s: float | None = None,
) -> Allowed:
    """Return an entry of the table, with what a busy host adds."""
    by_default_s = DARK_S if "liveness" in reasons else NEAR_S
    return Allowed(
        frozenset((*reasons, *expected)),
        longest_s + BUSY_S,
        why,
        frozenset(exits),
        frozenset(expected),
        counts or {},
        by_default_s if blind_s is None else blind_s,
    )


LOST = ("liveness", "reconcile", "warming_up")
"""A connection is lost: G4, then D3 on the new one; what was missed is fed as history."""
POLICY = ("threat", "connection_lost")
"""The strategies' circuit breaker halts after so many failed attempts (G4); a person resumes."""
LOSS_S = DOUBT_S + RECONNECT_S
_NOTHING = "nothing halts"

ALLOWED: Mapping[str, Allowed] = {
    "answer lost": allow(
        *LOST, longest_s=LOSS_S, why="O4: reset or timeout is Unknown; D6 decides"
    ),
    "answers lost in a row": allow(*LOST, longest_s=2 * LOSS_S, why="O4, O6: locked meanwhile"),
    "request lost": allow(*LOST, longest_s=LOSS_S, why="O4, D2: absent after D + G, twice"),
    "answer held": allow(*LOST, longest_s=LOSS_S, why="O4: no answer in time is Unknown"),
    "answer late": allow(longest_s=DOUBT_S, why=f"O4: an answer in time is one; {_NOTHING}"),
    "answer too late": allow(longest_s=DOUBT_S, why=f"O4, D6 late ack: ACKED; {_NOTHING}"),
    "request delayed": allow(longest_s=DOUBT_S, why=f"O4: it arrives all the same; {_NOTHING}"),
    "request after its deadline": allow(longest_s=DOUBT_S, why="O3: refused; D2: absent twice"),
    "order refused": allow(longest_s=DOUBT_S, why=f"O4: a known reject is final; {_NOTHING}"),
    "order refused late": allow(longest_s=DOUBT_S, why="D6: a late reject is REJECTED"),
    "order refused without proof": allow(longest_s=DOUBT_S, why="O4: Unknown; D2: absent twice"),
    "amend refused": allow(longest_s=DOUBT_S, why="O8: settled by txid, or a stop of its own"),
    "cancel refused": allow(longest_s=DOUBT_S, why="O5: no answer to a cancel changes anything"),
    "rate limit on orders": allow(longest_s=DOUBT_S, why="O4: a known reject; tried again later"),
    "token expired": allow(*LOST, longest_s=LOSS_S, why="a new connection gets a new token; D3"),
    "tokens forgotten": allow(*LOST, longest_s=LOSS_S, why="a new connection gets a new token; D3"),
    "partial fill": allow(longest_s=DOUBT_S, why=f"O5, O8: fills are what counts; {_NOTHING}"),
    "fill overtakes a change": allow(longest_s=DOUBT_S, why="O8, O10: fills are booked first"),
    "stop triggers during a change": allow(longest_s=DOUBT_S, why="O8: an ended stop is final"),
    "fee in base": allow(longest_s=DOUBT_S, why="O5: booked in the asset it was taken in"),
    "events after the reply": allow(
        longest_s=DOUBT_S, why="O4: reply and events in any order", blind_s=DARK_S
    ),
    "message twice": allow(
        *LOST, longest_s=LOSS_S, why="O5: a union by exec id; D3 if resynced", blind_s=NEAR_S
    ),
    "messages reordered": allow(
        *LOST, longest_s=LOSS_S, why="a gap in the sequence: D3 anew", blind_s=NEAR_S
    ),
    "message lost": allow(
        *LOST, longest_s=LOSS_S, why="a gap in the sequence: D3 anew", blind_s=UNHEARD_S
    ),
    "messages lost in a row": allow(
        *LOST,
        longest_s=LOSS_S,
        why="a gap in the sequence is a loss: D3 anew",
        expected=("liveness",),
        blind_s=UNHEARD_S,
    ),
    "trade messages lost": allow("warming_up", longest_s=LOSS_S, why="G1: fed as history, then on"),
    "reports subscription dead": allow(*LOST, longest_s=2 * LOSS_S, why="G4 per subscription"),
    "trades subscription dead": allow(*LOST, longest_s=2 * LOSS_S, why="G4 per subscription"),
    "read fails": allow(longest_s=LOOKS_S, why=f"D1: a failed read voids the look; {_NOTHING}"),
    "read answered by the edge": allow(longest_s=LOOKS_S, why="D1: as a read that fails"),
    "rate limit on reads": allow(*LOST, longest_s=LOSS_S, why="D1, D9; a token may be among them"),
    "pages cut short": allow(longest_s=LOOKS_S, why="D1: all pages or it is no look"),
    "slow looks": allow(longest_s=LOSS_S, why="D1, D4: the books go on meanwhile; nothing halts"),
    "lists lag": allow(*LOST, longest_s=LOSS_S, why="D2: what lags less than V decides nothing"),
    "lists disagree": allow(*LOST, longest_s=LOSS_S, why="D1: closed beats open; D7: looked again"),
    "silent": allow(*LOST, longest_s=LOSS_S, why="G4: no frame for silence_max_s is a loss"),
    "connections dropped": allow(*LOST, longest_s=LOSS_S, why="G4, D3"),
    "dropped with an order in flight": allow(
        *LOST, longest_s=LOSS_S, why="O4, D2: absent before deadline + G means nothing"
    ),
    "network cut": allow(*LOST, *POLICY, longest_s=LOSS_S, why="G4, D3"),
    "network cut for long": allow(*LOST, *POLICY, longest_s=LOSS_S, why="G4: CONNECTION_LOST"),
    "filled while disconnected": allow(*LOST, *POLICY, longest_s=LOSS_S, why="G4, D3: looked up"),
    "stops cancelled meanwhile, short pages": allow(
        *LOST, *POLICY, longest_s=LOSS_S, why="D1: all pages, however many; O8: placed again"
    ),
    "exchange frozen": allow(*LOST, *POLICY, longest_s=LOSS_S, why="G4: silence, then D3"),
    "exchange kills itself": allow(
        *LOST, *POLICY, longest_s=START_S + LOSS_S, why="G4: refused connections are a loss"
    ),
    "exchange not online": allow("reconcile", longest_s=LOOKS_S + DOUBT_S, why="D6: not online"),
    "exchange's clock is off": allow(*LOST, longest_s=2 * LOSS_S, why="O3: deadlines in its time"),
    "order by hand": allow(
        longest_s=PERIODIC_S, why="D6: not ours, reported; D9 finds it", counts={"foreign_order": 1}
    ),
    "trade by hand": allow(
        longest_s=PERIODIC_S,
        why="D10: booked to unallocated; D9 finds it",
        counts={"foreign_order": 1, "foreign_trade": 1},
    ),
    "stops cancelled by hand": allow(longest_s=DOUBT_S, why="O8: placed again at once"),
    "deposit": allow(
        longest_s=LOOKS_S, why="D7, D10: a ledger entry, to unallocated", counts={"deposit": 1}
    ),
    "withdrawal": allow(
        longest_s=LOOKS_S, why="D7, D10: a ledger entry, to unallocated", counts={"withdrawal": 1}
    ),
    "money from nowhere": allow(
        longest_s=LOOKS_S,
        why="D7: a balance that nothing explains halts; shown late, it is booked",
        expected=("balance",),
        counts={"deposit": 1, "balance": 1},
    ),
    "nonce refused": allow(
        *LOST,
        "fenced",
        longest_s=2 * START_S + NEWCOMER_S + LOSS_S,
        exits=(FENCED,),
        why="F1: never resynchronised; a person starts it again",
    ),
    "second instance": allow(
        *LOST,
        "fenced",
        longest_s=3 * START_S + NEWCOMER_S + LOSS_S,
        exits=(FENCED,),
        why="F1, F3: the higher nonce wins; a person starts it again",
    ),
}
KILLED: Mapping[str, Allowed] = {
    "engine": allow(
        "reconcile", "warming_up", longest_s=START_S + NEWCOMER_S + DOUBT_S, why="O1, D3, F2"
    ),
    "exchange": allow(
        *LOST, *POLICY, longest_s=START_S + LOSS_S, why="G4: refused connections are a loss"
    ),
    "both": allow(*LOST, *POLICY, longest_s=2 * START_S + NEWCOMER_S + LOSS_S, why="as each"),
    "stop": allow(
        "reconcile", "warming_up", longest_s=START_S + NEWCOMER_S + DOUBT_S, why="W4, then D3"
    ),
    "sleep": allow(*LOST, "clock", longest_s=NEWCOMER_S + LOSS_S, why="G5: a gap in time; G4, D3"),
}
"""What the end or the sleep of a process explains besides."""
HOST = frozenset({"storage", "clock", "liveness", "reconcile", "warming_up"})
"""What a host explains that gave no processor or no disk for so long (SAFETY J4, G4, G5)."""
HOST_STALLED_S = 0.5
MARKET = "at or through"
"""In the reason of an `unprotected` halt: the market went through the trigger before a stop could
rest, and the holding is sold at once (SAFETY O8). That is the market's doing, at any time."""


LINGERS = frozenset(
    {"message lost", "messages lost in a row", "messages reordered", "trade messages lost"}
)
"""A gap shows with the next message of its stream, and that may come a cycle later."""


def explains(cycle: Cycle, stalled_s: float) -> frozenset[str]:
    """Return the reasons that a fault, a kill, and a host that stalled so long explain."""
    found = ALLOWED[cycle.kind].reasons
    if cycle.kill is not None:
        found |= KILLED[cycle.kill.whom].reasons
    return found | HOST if stalled_s >= HOST_STALLED_S else found


def longest_s(cycle: Cycle, stalled_s: float) -> float:
    """Return how long after healing the engine may take to rest; a slow host is slow at all."""
    more = 0.0 if cycle.kill is None else KILLED[cycle.kill.whom].longest_s
    return (ALLOWED[cycle.kind].longest_s + more) * (1 + stalled_s)


def exits(cycle: Cycle) -> frozenset[int]:
    """Return the codes with which the engine may end by itself."""
    return ALLOWED[cycle.kind].exits


def blind_s(cycle: Cycle, stalled_s: float) -> float:
    """Return how long the engine may not know of executions; a host that stalls is blind, too."""
    return ALLOWED[cycle.kind].blind_s + stalled_s * TRADES_AT_ONCE

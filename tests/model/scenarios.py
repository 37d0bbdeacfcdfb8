"""Which small worlds are explored completely?"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from s1mpletrader.model.orders import OrderRole
from tests.model.explore import Model
from tests.model.fence import Fences
from tests.model.fence_states import FenceSetup
from tests.model.orders import Orders
from tests.model.states import Slot
from tests.model.world import Setup

ENTRY, EXIT = OrderRole.ENTRY, OrderRole.EXIT
ONE = (Slot(ENTRY, trade=0, link=0),)
RETRY = (Slot(ENTRY, trade=0, link=0), Slot(ENTRY, trade=1, link=0))
TWO = (Slot(ENTRY, trade=0, link=0, qty=2),)
LINKS = (Slot(EXIT, trade=0, link=0), Slot(EXIT, trade=1, link=1))
MIXED = (Slot(ENTRY, trade=0, link=0), Slot(EXIT, trade=1, link=1))
BESIDE = (Slot(ENTRY, trade=1, link=1), Slot(EXIT, trade=1, link=1))
FLAT_1 = (Slot(ENTRY, 0, 0), Slot(EXIT, 0, 0), Slot(EXIT, 0, 0))
FLAT_2 = (Slot(ENTRY, 0, 0, qty=2), Slot(EXIT, 0, 0), Slot(EXIT, 0, 0))
MISSING = (Slot(ENTRY, 1, 1), Slot(EXIT, 0, 0), Slot(EXIT, 0, 0))
NO_LAG: dict[str, Any] = {"V": 0, "V_open": 0, "V_closed": 0, "G": 0, "SP": 0}


def _setup(slots: tuple[Slot, ...], **kinds: Any) -> Setup:
    trades = 1 + max(slot.trade for slot in slots)
    return replace(Setup(slots, held=(0,) * trades), **kinds)


SETUPS: dict[str, Setup] = {
    "S1a submit outcomes, kill, second attempt": _setup(RETRY, kills=1, lazy=True, rejects=True),
    "S1b the same, quantity 2, lag 1, one attempt": _setup(TWO, kills=1, lazy=True),
    "S1c two kills and a drop, quantity 1": _setup(
        ONE, kills=2, drops=1, lazy=True, rejects=True, periodic=True
    ),
    "S2 partial fills, cancel, expiry, drop, look-ups": _setup(
        TWO, cancels=True, expires=True, drops=1, lookups=True
    ),
    "S3 two reconnects, missed fills, periodic looks": _setup(TWO, drops=2, periodic=True),
    "S4a manual order of the owner": _setup(TWO, foreign="order", periodic=True),
    "S4b trade without an order, operator": _setup(TWO, foreign="bare", periodic=True),
    "S5a lag: open 2, closed 2": _setup(
        TWO, V_open=2, V_closed=2, V=2, SP=2, G=2, expires=True, periodic=True
    ),
    "S5b lag: open 0, closed 2": _setup(
        TWO, V_open=0, V_closed=2, V=2, SP=2, G=0, expires=True, periodic=True
    ),
    "S5c lag: open 2, closed 1": _setup(
        TWO, V_open=2, V_closed=1, V=2, SP=1, G=2, expires=True, periodic=True
    ),
    "S5d lag 1, clock skew 1, G = V_open + skew": _setup(
        TWO, skew=1, G=2, expires=True, periodic=True
    ),
    "S5e no lag at all": _setup(TWO, expires=True, periodic=True, **NO_LAG),
    "S6a close-all, quantity 2, kill, no lag": _setup(
        FLAT_2, close="asked", kills=1, loses=False, coins=2, **NO_LAG
    ),
    "S6b close-all, quantity 1, kill, lag 1": _setup(
        FLAT_1, close="asked", kills=1, is_hasty=True, coins=1
    ),
    "S6c close-all, coins missing on the account": _setup(
        MISSING, close="asked", kills=1, loses=False, held=(2, 0), coins=1, **NO_LAG
    ),
    "S7a two links in doubt together, closed lag 1": _setup(
        LINKS, D=0, V_open=0, G=0, loses=False, held=(1, 1), coins=2, close="wanted"
    ),
    "S7b link 1 sells beside link 0": _setup(
        BESIDE, held=(1, 0), coins=1, close="asked", close_link=1
    ),
    "S7c two links in doubt, drop, no lag": _setup(
        LINKS, drops=1, held=(1, 1), coins=2, close="wanted", **NO_LAG
    ),
}


FENCES: dict[str, FenceSetup] = {
    "S8a two copies, orders by REST (nonce)": FenceSetup(by_socket=False, is_strict=True),
    "S8b two copies, orders by WebSocket, lease 1": FenceSetup(),
    "S8c two copies, orders by WebSocket, lease 2, D 2": FenceSetup(lease=2, D=2),
    "S8d the same, lease 1, one may crash and restart": FenceSetup(restarts=1),
}


def scenario(name: str, **changes: Any) -> Callable[[], Model[Any]]:
    """Return the maker of the scenario whose name begins with `name`, with some rules changed."""
    shell = frozenset(changes.pop("shell", ()))
    for each, setup in SETUPS.items():
        if each.split()[0] == name:
            return partial(Orders, replace(setup, shell=shell, **changes))
    fences = next(setup for each, setup in FENCES.items() if each.split()[0] == name)
    return partial(Fences, replace(fences, shell=shell, **changes))

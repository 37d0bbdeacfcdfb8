"""Was every promise kept in this cycle?

The engine's books (its journal, folded) against the exchange's audit, which no fault touches.
Every broken promise is one sentence that begins with its class.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from s1mpletrader.core.books import Books
from s1mpletrader.model.ids import UNALLOCATED, Asset, LinkId
from s1mpletrader.model.orders import OrderStatus, Side
from tests.chaos import allowed
from tests.chaos.coverage import bare_s
from tests.chaos.scenario import Cycle
from tests.chaos.witness import Witness
from tests.rig.comparison import Audit, differences

ZERO = Decimal(0)
OLD_US = 1_000_000
"""Of an order that every list certainly knows."""
CLOCK_ERROR_US = 600_000
"""REST Time has whole seconds: until a pong says more, a stamp may be half of one ahead."""


def violations(cycle: Cycle, witness: Witness, audit: Audit, stalled_s: float) -> list[str]:
    """Return every broken promise, in words; none: kept. `stalled_s`: what the host did."""
    truth = audit["accounts"]["main"]
    return [
        *(f"difference: {each}" for each in differences(witness.books, audit)),
        *_links(witness.books, truth),
        *_orders_without_intent(cycle, witness, truth),
        *_wrong_verdicts(witness.books, truth),
        *_needless_halts(cycle, witness, stalled_s),
        *_missing_halts(cycle, witness),
        *_incomplete_looks(cycle, witness, truth),
        *_miscounted(cycle, witness),
        *(f"despite halt: entry {each}" for each in witness.news.entries_despite_halt),
        *(f"despite doubt: entry {each}" for each in witness.news.entries_despite_doubt),
    ]


def _links(books: Books, truth: Audit) -> Iterator[str]:
    """Recompute each link's ledger from the exchange's own executions (ARCHITECTURE 20)."""
    links = {order.client_id: order.intent.link for order in books.orders.values()}
    expected: dict[tuple[LinkId, Asset], Decimal] = {}

    def book(link: LinkId, asset: str, amount: Decimal) -> None:
        key = link, Asset(asset)
        expected[key] = expected.get(key, ZERO) + amount

    for asset, balance in truth["balances"].items():
        book(UNALLOCATED, asset, Decimal(balance))
    for row in truth["fills"]:
        link = links.get(row["client_id"], UNALLOCATED)
        if link == UNALLOCATED:
            continue
        for asset, amount in _moved(row):
            book(link, asset, amount)
            book(UNALLOCATED, asset, -amount)
    for link, amount in books.capital.items():
        book(link, "USD", amount)
        book(UNALLOCATED, "USD", -amount)
    for (link, asset), amount in sorted(expected.items()):
        here = books.ledger(link).amount(asset)
        if here != amount:
            yield f"ledger: {link} has {here} {asset} here, {amount} by the exchange's executions"


def _moved(row: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    base, quote = row["symbol"].split("/")
    sign = 1 if row["side"] == Side.BUY else -1
    base_fee = Decimal(row["base_fee"])
    yield base, sign * Decimal(row["qty"]) - base_fee
    yield quote, -sign * Decimal(row["cost"]) - (ZERO if base_fee else Decimal(row["fee"]))


def _orders_without_intent(cycle: Cycle, witness: Witness, truth: Audit) -> Iterator[str]:
    """Find new orders that were at the exchange before the journal knew of them (SAFETY O1)."""
    # a clock that is put right stands still until then, and the engine's with it
    skew_s = max(witness.lingering_skew_s, cycle.skew_s)
    error_us = CLOCK_ERROR_US + int(skew_s * 1_000_000)
    for row in truth["orders"]:
        client_id, txid = row["client_id"], row["txid"]
        if txid in witness.seen or client_id is None or txid in witness.books.foreign:
            continue
        witness.seen.add(txid)
        intended_us = witness.intended_us.get(client_id)
        if intended_us is None:
            yield f"intent: order {client_id} has none"
        elif intended_us > row["opened_us"] + error_us:
            late_s = (intended_us - row["opened_us"]) / 1_000_000
            yield f"intent: order {client_id} was accepted {late_s:.3f} s before its intent"


def _wrong_verdicts(books: Books, truth: Audit) -> Iterator[str]:
    """Find orders that were called absent or refused and are there (SAFETY D2, O4)."""
    denied = {OrderStatus.NOT_PLACED, OrderStatus.REJECTED, OrderStatus.NOT_SENT}
    there = {row["client_id"] for row in truth["orders"]}
    for order in books.orders.values():
        if order.client_id in there and order.status in denied:
            yield f"verdict: {order.role} {order.client_id} is {order.status} and is there"


def _needless_halts(cycle: Cycle, witness: Witness, stalled_s: float) -> Iterator[str]:
    explained = allowed.explains(cycle, stalled_s) | witness.lingering
    for halt in witness.news.halts:
        is_market = halt.reason == "unprotected" and allowed.MARKET in halt.why
        if halt.reason not in explained and not is_market:
            yield f"halt: {halt.reason} ({halt.scope}) is not explained: {halt.why}"


def _missing_halts(cycle: Cycle, witness: Witness) -> Iterator[str]:
    """Find dangers of which nobody was told."""
    if cycle.kill is not None:
        return  # whoever was not there need not have noticed
    seen = {halt.reason for halt in witness.news.halts}
    for reason in sorted(allowed.ALLOWED[cycle.kind].expected - seen):
        yield f"unnoticed: nothing was halted by {reason}"


def _incomplete_looks(cycle: Cycle, witness: Witness, truth: Audit) -> Iterator[str]:
    """Find orders that a look had to show, open or closed within its window, and did not (D1)."""
    if any(each["kind"] == "visibility_lag" for each in cycle.faults):
        return  # an order may be between the lists while they lag
    for look in witness.news.looks:
        shown = {row.txid for row in look.rows}
        for row in truth["orders"]:
            is_old = row["opened_us"] < look.began_us - OLD_US
            closed_us = row["closed_us"]
            is_meant = closed_us is None or closed_us > look.since_us + OLD_US
            if is_old and is_meant and row["txid"] not in shown:
                yield f"look: order {row['txid']} is in no list of the one at {look.began_us}"


def _miscounted(cycle: Cycle, witness: Witness) -> Iterator[str]:
    """Compare what the engine told of other hands with what they did (SAFETY D8, D10)."""
    counted = witness.news.discrepancies + witness.news.booked
    for kind, count in allowed.ALLOWED[cycle.kind].counts.items():
        if counted[kind] != count:
            yield f"count: {counted[kind]} of {kind} were told, {count} happened"
    for kind in allowed.OTHER_HANDS - set(allowed.ALLOWED[cycle.kind].counts):
        if counted[kind]:
            yield f"count: {counted[kind]} of {kind} were told, none happened"


def blindness(
    cycle: Cycle,
    witness: Witness,
    truth: Audit,
    window_us: tuple[int, int],
    accounted_s: float,
    stalled_s: float,
) -> Iterator[str]:
    """Find holdings that were bare without the engine's accounting for it (SAFETY O8)."""
    bare = bare_s(witness.books, truth, *window_us)
    blind_s = allowed.blind_s(cycle, stalled_s)
    if bare > accounted_s + blind_s:
        yield f"bare: {bare:.2f} s without a stop, {accounted_s:.2f} s accounted, blind {blind_s} s"

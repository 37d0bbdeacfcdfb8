"""Can any REST body do more to the simulated exchange than be answered or refused?"""

import functools
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from s1mpletrader.model.base import Micros
from s1mpletrader.simulator import requests, rest_public, rest_reads, tape, wire
from s1mpletrader.simulator.auth import DEFAULT_KEYS
from s1mpletrader.simulator.commands import Place
from s1mpletrader.simulator.faults import Faults, asked_for
from s1mpletrader.simulator.refusal import Refused
from s1mpletrader.simulator.rest_api import BODY_MAX, PERMISSIONS, parameters
from s1mpletrader.simulator.rest_orders import ids
from s1mpletrader.simulator.values import OrderType
from s1mpletrader.simulator.visibility import Visibility
from tests.fuzz import simulator_mutation
from tests.simulator.harness import Bench, small_tape

FORMS = (
    (
        b"nonce=1&pair=XBTUSD&type=buy&ordertype=limit&price=99.5&volume=0.1&cl_ord_id=kx-1"
        b"&oflags=post&timeinforce=GTD&expiretm=%2B60&deadline=2026-01-02T03:04:05.000Z"
    ),
    (
        b"nonce=2&pair=XBT/USD&type=sell&ordertype=trailing-stop-limit&price=%2B5%25&price2=-10"
        b"&volume=1.5&close[ordertype]=stop-loss-limit&close[price]=90&close[price2]=89.5"
    ),
    b"nonce=3&txid=OABCDE-FGHIJ-KLMNOP&order_qty=0.2&limit_price=98&trigger_price=97",
    b"nonce=4&txid=OABCDE-FGHIJ-KLMNOP&pair=XBTUSD&volume=1&price=90&price2=89&userref=7",
    b"nonce=5&start=1600000000.5&end=OABCDE-FGHIJ-KLMNOP&ofs=10&closetime=open&trades=true",
    b"nonce=6&asset=XXBT,ZUSD&type=deposit&id=LABCDE-FGHIJ-KLMNOP,LX&aclass=currency",
    b"pair=XBTUSD,SOLUSD&count=10&since=1600000000000000000&interval=60&depth=5",
    (
        b'{"nonce":7,"pair":"XBTUSD","orders":[{"type":"buy","ordertype":"market","volume":"1"},'
        b'{"type":"sell","ordertype":"limit","price":101.5,"volume":0.2}],"validate":true}'
    ),
    b'{"nonce":8,"orders":["OABCDE-FGHIJ-KLMNOP",{"txid":"O"},{"cl_ord_id":"x"}],"cl_ord_ids":["a"]}',
)
READS = tuple(name for name in PERMISSIONS if name in rest_reads.CALLS)


@functools.cache
def bench() -> Bench:
    """Return a venue with a few orders, whose state the inputs see."""
    with TemporaryDirectory() as directory:
        found = Bench(tape.load(small_tape(Path(directory))))
    found.place(qty="1", client_id="kx-0")
    found.place(qty="1", type=OrderType.LIMIT, limit_price="80", userref=7)
    return found


def read(body: bytes, bench: Bench) -> str:
    """Answer a body as every call that could have it, without changing anything."""
    kind = "application/json" if body[:1] in b"{[" else "application/x-www-form-urlencoded"
    try:
        params = parameters(kind, body[:BODY_MAX])
    except Refused:
        return "refused as a body"
    answered = sum(_is_answered(params, bench, name) for name in (*READS, *rest_public.CALLS))
    taken = sum(_is_taken(params, bench, name) for name in ("add", "amend", "edit", "batch"))
    asked_for("rest", "AddOrder", "main", params)
    return f"{'answered' if answered else 'refused'}, {'taken' if taken else 'not taken'}"


def _is_answered(params: dict[str, Any], bench: Bench, name: str) -> bool:
    venue, now = bench.venue, Micros(bench.now)
    try:
        if name in rest_public.CALLS:
            wire.encode(rest_public.answer(venue, name, params, now))
        else:
            lists = Visibility(Faults(), now)
            asking = rest_reads.Asking(DEFAULT_KEYS["SIM-ENGINE"], now, lists)
            wire.encode(rest_reads.answer(venue, asking, name, params))
    except Refused:
        return False
    return True


def _is_taken(params: dict[str, Any], bench: Bench, name: str) -> bool:
    now = Micros(bench.now)
    try:
        match name:
            case "add":
                draft = requests.rest_draft(params, now)
                bench.venue.book.check(Place(now, "main", draft))
            case "amend":
                requests.amend(params, "main", now)
            case "edit":
                requests.edit(params, "key", "main", now)
            case _:
                for each in requests.objects(params, "orders"):
                    requests.rest_draft({"pair": params.get("pair")} | each, now)
                ids(params, "cl_ord_ids")
    except Refused:
        return False
    return True


def fuzz(seed: int, count: int) -> Counter[str]:
    """Read `count` spoiled bodies; returns how often each outcome came."""
    here = bench()
    return simulator_mutation.run(seed, count, FORMS, lambda body: read(body, here))

"""What does it cost to turn the bytes of a trade into exact values, compared with `json.loads`?"""

import gc
import json
import time
from collections.abc import Callable

from s1mpletrader.exchange.frame_codec import read_frame

RATIO_MAX = 0.7
"""Above it the codec is a regression (hard)."""
TRADES = (1,) * 14 + (2,) * 4 + (3, 5)
"""How many trades of one moment follow each other at the real exchange, roughly."""
ROUNDS = 60
REPEATS = 80
TRADE = (
    '{{"symbol":"BTC/USD","side":"sell","price":{price}.1,"qty":0.01{trade_id:06},'
    '"ord_type":"limit","trade_id":{trade_id},"timestamp":"2026-05-05T10:00:00.{moment:06}Z"}}'
)


def messages() -> list[bytes]:
    """Return messages as they come from the wire."""
    found, trade_id = [], 1
    for count in TRADES:
        rows = [one(trade_id + n, trade_id) for n in range(count)]
        trade_id += count
        text = f'{{"channel":"trade","type":"update","data":[{",".join(rows)}]}}'
        found.append(text.encode())
    return found


def one(trade_id: int, moment: int) -> str:
    """Return a trade."""
    return TRADE.format(price=60_000 + trade_id, trade_id=trade_id, moment=moment)


def ratio() -> float:
    """Return the codec's processor time by that of `json.loads`, turn about in one run."""
    wire = messages()
    best = {"ours": float("inf"), "json": float("inf")}
    parsers: dict[str, Callable[[bytes], object]] = {"ours": read_frame, "json": json.loads}
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for name, parse in parsers.items():
                began = time.process_time_ns()
                for _ in range(REPEATS):
                    for message in wire:
                        parse(message)
                best[name] = min(best[name], time.process_time_ns() - began)
    finally:
        if was_enabled:
            gc.enable()
    return best["ours"] / best["json"]

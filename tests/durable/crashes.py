"""Which states can a crash leave, and does recovery keep every promise in each?"""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from s1mpletrader.errors import S1mpleTraderError
from tests.durable.crash_disk import BLOCK, NAMING, CrashDisk, Image, Op, changed, renamed

SUBSETS_MAX = 9
"""Unsynced operations on names up to which every combination is tried, else every prefix."""


class Crash(NamedTuple):
    """A disk after a crash, with what had been acknowledged and begun by then."""

    image: Image
    acked: int
    begun: int
    at: int


@dataclass
class Verdict:
    """How many distinct states were tried, and in which a promise was broken."""

    is_bounded: bool = True
    states: int = 0
    broken: list[str] = field(default_factory=list)


def kills(disk: CrashDisk) -> Iterator[Crash]:
    """Yield what a kill leaves after every operation, and in the middle of every write."""
    again = CrashDisk(disk.image)
    acked = begun = 0
    yield Crash(again.visible(), 0, 0, 0)
    for at, op in enumerate(disk.ops, 1):
        if op.kind == "write" and len(op.data) > 1:
            torn = disk.replayed(at - 1)
            torn._do(op._replace(data=op.data[: len(op.data) // 2]))
            yield Crash(torn.visible(), acked, begun, at)
        again._do(op)
        acked, begun = noted(op, acked, begun)
        yield Crash(again.visible(), acked, begun, at)


def noted(op: Op, acked: int, begun: int) -> tuple[int, int]:
    """Return the notes after an operation."""
    if op.kind == "acked":
        return max(acked, op.ino), begun
    return acked, max(begun, op.ino) if op.kind == "begun" else begun


def cuts(
    disk: CrashDisk, *, since: int = 0, is_deep: bool = True, limit: int = 300, seed: int = 7
) -> Iterator[Crash]:
    """Yield what a power cut can leave after every operation from `since` on, at most `limit` each.

    `is_deep` tears writes at many places, else in the middle only.
    """
    dice = random.Random(seed)  # noqa: S311 - a sample of states, not a secret
    names = {path: ino for ino, path in enumerate(sorted(disk.image.files), 1)}
    stored = {names[path]: data for path, data in disk.image.files.items()}
    directories = set(disk.image.directories)
    pending: list[Op] = []
    dirty: dict[int, list[Op]] = {}
    acked = begun = 0
    for at in range(len(disk.ops) + 1):
        op = disk.ops[at - 1] if at else Op("none")
        acked, begun = noted(op, acked, begun)
        if op.kind in NAMING:
            pending.append(op)
            stored.setdefault(op.ino, b"")
        elif op.kind in {"write", "trunc"}:
            dirty.setdefault(op.ino, []).append(op)
        elif op.kind == "sync":
            stored[op.ino] = changed(stored[op.ino], dirty.pop(op.ino, []))
        elif op.kind == "lost":
            dirty.pop(op.ino, None)
        elif op.kind == "sync_names":
            synced = [each for each in pending if each.path.parent == op.path]
            names, directories = renamed(names, directories, synced)
            pending = [each for each in pending if each.path.parent != op.path]
        if at < since:
            continue
        for image in images(names, directories, pending, stored, dirty, is_deep, limit, dice):
            yield Crash(image, acked, begun, at)


def images(
    names: dict[Path, int],
    directories: set[Path],
    pending: list[Op],
    stored: dict[int, bytes],
    dirty: dict[int, list[Op]],
    is_deep: bool,
    limit: int,
    dice: random.Random,
) -> Iterator[Image]:
    """Yield every combination of unsynced names and unsynced bytes."""
    for chosen in choices(pending):
        some, there = renamed(names, directories, chosen)
        some = {path: ino for path, ino in some.items() if path.parent in there}
        inodes = sorted(set(some.values()))
        variants = [contents(stored[ino], dirty.get(ino, []), is_deep) for ino in inodes]
        combinations: Iterator[tuple[bytes, ...]] = itertools.product(*variants)
        total = 1
        for variant in variants:
            total *= len(variant)
        if total > limit:
            combinations = (
                tuple(dice.choice(variant) for variant in variants) for _ in range(limit)
            )
        for combination in combinations:
            data = dict(zip(inodes, combination, strict=True))
            yield Image({path: data[ino] for path, ino in some.items()}, frozenset(there))


def choices(pending: list[Op]) -> Iterator[list[Op]]:
    """Yield which unsynced operations on names have reached the disk."""
    if len(pending) > SUBSETS_MAX:
        yield from (pending[:count] for count in range(len(pending) + 1))
        return
    for mask in range(1 << len(pending)):
        yield [op for index, op in enumerate(pending) if mask >> index & 1]


def contents(base: bytes, ops: list[Op], is_deep: bool) -> list[bytes]:
    """Return what a file may hold while `ops` are not synced."""
    found = [base]
    now = base
    for op in ops:
        full = changed(now, [op])
        for cut in tears(len(op.data), op.offset, is_deep):
            torn = changed(now, [op._replace(data=op.data[:cut])])
            found += [torn, torn.ljust(len(full), b"\0")]
        found.append(full)
        now = full
    if ops:
        zeros = base[: len(now)].ljust(len(now), b"\0")
        found += [zeros, base.ljust(len(now), b"\xa5")[: len(now)]]
        for begin in range(len(base) // BLOCK * BLOCK, len(now), BLOCK):
            block = slice(begin, begin + BLOCK)
            found.append(now[:begin] + zeros[block] + now[begin + BLOCK :])
            found.append(zeros[:begin] + now[block] + zeros[begin + BLOCK :])
    return list(dict.fromkeys(found))


def tears(size: int, offset: int, is_deep: bool) -> list[int]:
    """Return after how many bytes a write may be torn."""
    if not is_deep:
        return [size // 2] if size > 1 else []
    sectors = range(512 - offset % 512, size, 512)
    steps = range(1, size, max(1, size // 24))
    return sorted({1, size // 2, size - 1, *sectors, *steps} & set(range(1, size)))


def explore(
    life: Callable[[CrashDisk], None],
    recover: Callable[[CrashDisk], int],
    *,
    start: Image,
    limit: int = 300,
    is_nested: bool = True,
    is_bounded: bool = True,
    stops_early: bool = False,
) -> Verdict:
    """Crash `life` everywhere, and its recovery again; return which states broke a promise.

    `is_bounded`: nothing that was not begun may be found either. `stops_early`: one broken
    promise is enough, a sabotage is caught.

    `life` notes what it `begun` and what was `acked`; `recover` answers with the highest that it
    found, having checked that everything up to it is right.
    """
    disk = CrashDisk(start)
    life(disk)
    verdict = Verdict(is_bounded=is_bounded)
    seen: set[int] = set()
    for crash in itertools.chain(kills(disk), cuts(disk, limit=limit)):
        if stops_early and verdict.broken:
            return verdict
        recovery = _judge(crash, recover, verdict, seen)
        if recovery is None or not is_nested:
            continue
        for again in itertools.chain(kills(recovery), cuts(recovery, is_deep=False, limit=20)):
            _judge(again._replace(acked=crash.acked, begun=crash.begun), recover, verdict, seen)
    for at in range(len(disk.ops) + 1):
        if stops_early and verdict.broken:
            return verdict
        _kill_then_cut(disk, at, recover, verdict, seen)
    return verdict


def _kill_then_cut(
    disk: CrashDisk,
    at: int,
    recover: Callable[[CrashDisk], int],
    verdict: Verdict,
    seen: set[int],
) -> None:
    """Kill at `at`, recover and act on what was found, then cut the power at any later moment."""
    survivor = disk.replayed(at)
    begun = max((op.ino for op in disk.ops[:at] if op.kind == "begun"), default=0)
    try:
        found = recover(survivor)
    except (S1mpleTraderError, AssertionError) as error:
        verdict.broken.append(f"killed after operation {at}: {type(error).__name__}: {error}")
        return
    survivor.note("begun", max(found, begun))
    survivor.note("acked", found)
    for crash in cuts(survivor, since=at, is_deep=False, limit=50):
        _judge(crash, recover, verdict, seen)


def _judge(
    crash: Crash, recover: Callable[[CrashDisk], int], verdict: Verdict, seen: set[int]
) -> CrashDisk | None:
    """Recover once from each distinct state; return the disk with what recovery did."""
    key = hash((crash.acked, crash.begun, frozenset(crash.image.files.items())))
    if key in seen:
        return None
    seen.add(key)
    verdict.states += 1
    disk = CrashDisk(crash.image)
    try:
        found = recover(disk)
    except (S1mpleTraderError, AssertionError) as error:
        verdict.broken.append(f"after operation {crash.at}: {type(error).__name__}: {error}")
        return None
    if found < crash.acked or (verdict.is_bounded and found > crash.begun):
        verdict.broken.append(
            f"after operation {crash.at}: found {found}, acknowledged {crash.acked},"
            f" begun {crash.begun}"
        )
    assert disk.leaked == 0
    return disk

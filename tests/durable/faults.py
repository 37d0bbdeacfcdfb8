"""Does a program keep its promises when the n-th system call fails, for every n?"""

import errno
import itertools
from collections.abc import Callable

from s1mpletrader.errors import S1mpleTraderError
from tests.durable.crash_disk import CrashDisk
from tests.durable.crashes import Verdict, cuts, noted

ERRORS = (errno.EIO, errno.ENOSPC)


def sweep(
    life: Callable[[CrashDisk], None],
    recover: Callable[[CrashDisk], int],
    *,
    is_bounded: bool = True,
) -> Verdict:
    """Fail every call of `life` once and from then on, as a broken and as a full disk.

    The next process, which sees the same cache, and one after a power cut must find what was
    acknowledged; errors of the operating system must not come out as such.
    """
    clean = CrashDisk()
    life(clean)
    verdict = Verdict(is_bounded=is_bounded)
    for number, is_sticky, at in itertools.product(
        ERRORS, (False, True), range(1, clean.calls + 1)
    ):
        disk = CrashDisk()
        disk.fail_at, disk.fail_with, disk.is_sticky = at, number, is_sticky
        what = f"call {at}, {errno.errorcode[number]}, {'sticky' if is_sticky else 'once'}"
        try:
            life(disk)
        except S1mpleTraderError:
            pass
        except OSError as error:
            verdict.broken.append(f"{what}, {disk.failed}: {type(error).__name__}: {error}")
        disk.fail_at = -1
        _judge(disk, recover, verdict, f"{what}, {disk.failed[:1]}")
    return verdict


def _judge(
    disk: CrashDisk, recover: Callable[[CrashDisk], int], verdict: Verdict, what: str
) -> None:
    acked = begun = 0
    for op in disk.ops:
        acked, begun = noted(op, acked, begun)
    after_cut = [
        CrashDisk(crash.image) for crash in cuts(disk, since=len(disk.ops), is_deep=False, limit=4)
    ]
    for survivor in (disk, *after_cut):
        verdict.states += 1
        try:
            found = recover(survivor)
        except (S1mpleTraderError, AssertionError) as error:
            verdict.broken.append(f"{what}: {type(error).__name__}: {error}")
            continue
        if found < acked or (verdict.is_bounded and found > begun):
            verdict.broken.append(f"{what}: found {found}, acknowledged {acked}, begun {begun}")

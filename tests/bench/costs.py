"""How much processor time and memory does a process take?"""

import os
import resource
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

REPEATS = 7
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_of_run(command: Sequence[str], environment: dict[str, str] | None = None) -> float:
    """Return the processor seconds of one run of a program, its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def median_of(measure: Callable[[], float], repeats: int = REPEATS) -> float:
    """Return the median of some measurements."""
    return median(measure() for _ in range(repeats))


def cpu_of(pid: int) -> float:
    """Return the processor seconds that a running process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND


def resident_mb(pid: int) -> float:
    """Return the resident memory of a running process in megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024

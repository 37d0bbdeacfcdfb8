"""Which machine and which boot is this?

Two copies of one state directory are told apart by it (SAFETY F2, J9).
"""

from pathlib import Path

MACHINE_ID = Path("/etc/machine-id")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
UNKNOWN = ""
"""Where a host tells nothing; never equal to another unknown for the fencing rules."""


def host_id(path: Path = MACHINE_ID) -> str:
    """Return the machine's id, empty if it has none."""
    return _read(path)


def boot_id(path: Path = BOOT_ID) -> str:
    """Return the id of this boot, empty if the kernel tells none."""
    return _read(path)


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return UNKNOWN

"""Who is at the other end of a Unix socket, and may they come in?

The kernel answers (SO_PEERCRED, SO_PEERGROUPS), not the caller. Allowed are root, the engine's own
user, and members of group `s1mpletrader` or of the group that owns the engine (SAFETY X).
"""

import array
import asyncio.trsock
import contextlib
import errno
import grp
import os
import pwd
import socket
import struct
from functools import lru_cache

from s1mpletrader.model.base import Value

OPERATORS_GROUP = "s1mpletrader"
SO_PEERGROUPS = getattr(socket, "SO_PEERGROUPS", 59)
"""Linux 4.13; Python has no name for it. 59 in asm-generic/socket.h."""
GROUPS_MAX = 256
"""Python's getsockopt reads 1,024 bytes; of a peer with more groups only the first counts."""
_CREDENTIALS = struct.Struct("3i")


class Peer(Value, frozen=True):
    """A local process, as the kernel knows it."""

    pid: int
    uid: int
    gids: tuple[int, ...]


class Admission(Value, frozen=True):
    """Whom the control socket serves."""

    uids: tuple[int, ...]
    gids: tuple[int, ...]

    def admits(self, peer: Peer) -> bool:
        """Return whether `peer` may read and command."""
        return peer.uid in self.uids or any(gid in self.gids for gid in peer.gids)


def own_admission() -> Admission:
    """Return the rule for this process: root, itself, its group, the operators' group."""
    gids = [os.getegid()]
    with contextlib.suppress(KeyError):  # a checkout: nobody made the group
        gids.append(grp.getgrnam(OPERATORS_GROUP).gr_gid)
    return Admission((0, os.geteuid()), tuple(gids))


def peer_of(connection: socket.socket | asyncio.trsock.TransportSocket) -> Peer:
    """Ask the kernel; raises OSError when the peer is gone."""
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    groups = array.array("i")
    try:
        room = groups.itemsize * GROUPS_MAX
        groups.frombytes(connection.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, room))
    except OSError as error:
        if error.errno != errno.ERANGE:
            raise
    return Peer(pid, uid, (gid, *groups))


@lru_cache(maxsize=256)
def name_of(uid: int) -> str:
    """Return `name(uid)` for the journal; may block on a directory service."""
    try:
        return f"{pwd.getpwuid(uid).pw_name}({uid})"
    except KeyError:
        return f"({uid})"

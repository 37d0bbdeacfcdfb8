"""How do frames travel over one WebSocket?"""

import asyncio
from typing import Any

import aiohttp

from s1mpletrader.errors import ExchangeUnavailable
from s1mpletrader.exchange.wire import BYTES_MAX


class _Socket(aiohttp.ClientWebSocketResponse):
    """aiohttp's socket, which also tells what it has not handed to the kernel yet."""

    @property
    def unsent_bytes(self) -> int:
        return self._writer.transport.get_write_buffer_size()


def open_session() -> aiohttp.ClientSession:
    """Return a session whose sockets a `FrameSocket` can use; the caller closes it."""
    return aiohttp.ClientSession(ws_response_class=_Socket, auto_decompress=True)


class FrameSocket:
    """One open connection. Writing is synchronous, so that nothing comes between door and byte."""

    def __init__(self, socket: _Socket) -> None:
        self._socket = socket

    @classmethod
    async def dial(
        cls, session: aiohttp.ClientSession, url: str, headers: dict[str, str]
    ) -> "FrameSocket":
        """Return an open connection; raises `ExchangeUnavailable`."""
        try:
            # compress=0: a compressed frame may be written by another task, later
            socket: Any = await session.ws_connect(
                url, headers=headers, max_msg_size=BYTES_MAX, compress=0, autoping=True
            )
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            text = str(error) or type(error).__name__
            raise ExchangeUnavailable(f"cannot connect: {text}") from error
        return cls(socket)

    @property
    def is_clear(self) -> bool:
        """Whether everything written so far is with the kernel, and the socket is open."""
        return not self._socket.closed and self._socket.unsent_bytes == 0

    def write(self, text: str) -> bool:
        """Hand a frame to the transport before returning; False: not a byte of it left."""
        sending = self._socket.send_str(text)
        try:
            sending.send(None)
        except StopIteration:
            return True
        except (aiohttp.ClientError, OSError):
            return False
        # all bytes are with the transport; what would be awaited is room for more
        sending.close()
        return True

    async def receive(self) -> str:
        """Return the next frame; raises `ExchangeUnavailable` when the connection ends."""
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            return str(message.data)
        code = self._socket.close_code
        raise ExchangeUnavailable(f"the connection ended ({message.type.name}, code {code})")

    async def close(self, within_s: float = 1.0) -> None:
        """Close politely, within bounds: a peer that says nothing must not keep us."""
        try:
            async with asyncio.timeout(within_s):
                await self._socket.close()
        except TimeoutError:
            return

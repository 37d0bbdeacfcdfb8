"""How is a halt honoured that was asked for while the engine was down?

Before READY each request becomes an input like any other command; its file goes when the input is
durable, so that a crash between the two only asks twice (SAFETY G3).
"""

import asyncio
import logging
from concurrent.futures import Executor
from pathlib import Path

from s1mpletrader.durable.disk import Disk
from s1mpletrader.host import request_files
from s1mpletrader.model.inputs import OperatorCommand
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor
from s1mpletrader.services.desk import Desk

DIRECTORY = "requests"
"""In the state directory."""

_log = logging.getLogger(__name__)


class RequestDesk:
    """Takes what waits in `requests/`, once, at start."""

    def __init__(self, state: Path, disk: Disk, thread: Executor) -> None:
        self._directory = state / DIRECTORY
        self._disk = disk
        self._thread = thread

    async def honour(self, desk: Desk, journal: JsonlPersistor) -> None:
        """Carry the requests out, oldest first; durable, and their files gone, on return."""
        loop = asyncio.get_running_loop()
        requests = await loop.run_in_executor(self._thread, request_files.waiting, self._directory)
        if not requests:
            return
        for request in requests:
            command = _understood(request.command, desk)
            desk.handle(command)
            _log.warning(
                "request honoured: %s by %s: %s",
                *(command.verb, command.by, command.why),
                extra={"event": "REQUEST_HONOURED"},
            )
        await journal.mark()
        await loop.run_in_executor(self._thread, request_files.forget, requests, self._disk)


def _understood(command: OperatorCommand, desk: Desk) -> OperatorCommand:
    """Return the command; for everything where it names a link that there is not."""
    if command.link is None or command.link in desk.links:
        return command
    why = f"asked for link {command.link}, which there is not: {command.why}"
    return OperatorCommand(command.verb, command.by, why)

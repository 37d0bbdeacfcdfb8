"""From where can the next start begin?

Every minute, or every 50,000 inputs, and at a clean stop: the books as a checkpoint, and each
worker's memory as its `state.json`, both naming the journal's group they stand for (SAFETY J3).
All disk work is done on one thread, which is not the journal's (J4).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec

from s1mpletrader.errors import StateWriteError
from s1mpletrader.model.base import Value
from s1mpletrader.model.ids import LinkId, WorkerId
from s1mpletrader.persistence.checkpoint_store import Checkpoint, CheckpointStore
from s1mpletrader.persistence.jsonl_persistor import JsonlPersistor, Position
from s1mpletrader.ports import StatePersistor
from s1mpletrader.services.books_picture import BooksPicture, restored
from s1mpletrader.services.desk import Desk

_log = logging.getLogger(__name__)

SCHEMA = 2
"""Of a checkpoint's body: since 2, lines of more books follow the first one."""
LOOK_EVERY_S = 1.0
WITHIN_S = 5.0
"""How long a checkpoint may wait for the disk; it is a cache, a stop must not hang on it."""


class WorkerFile(Value, frozen=True):
    """What a `state.json` holds."""

    number: int
    """The journal's group that the state stands for."""
    state: msgspec.Raw


class _Body(Value, frozen=True):
    """The first line; each line after it is a slice of the books (`BooksPicture`)."""

    books: msgspec.Raw
    links: dict[LinkId, dict[WorkerId, msgspec.Raw]]


class Start(Value, frozen=True):
    """Where the folds of a start begin: after these groups."""

    books_number: int
    head: str | None
    """The hash of group `books_number`; None without a checkpoint."""
    workers_number: int
    empty: frozenset[LinkId]
    """Links that remember nothing: new ones, or of another interval than the stored one."""


class WorkerMemory:
    """The `state.json` files of all workers."""

    def __init__(self, persistor: Callable[[LinkId, WorkerId], StatePersistor]) -> None:
        self._persistor = persistor
        self._files: dict[tuple[LinkId, WorkerId], StatePersistor] = {}

    def load(self, link: LinkId, workers: tuple[WorkerId, ...]) -> dict[WorkerId, WorkerFile]:
        """Return what is stored of these workers; raises `StateCorrupt`."""
        found: dict[WorkerId, WorkerFile] = {}
        for worker in workers:
            body, _ = self._file(link, worker).load()
            if body is not None:
                found[worker] = msgspec.json.decode(body, type=WorkerFile)
        return found

    def save(self, link: LinkId, number: int, states: Mapping[WorkerId, bytes]) -> None:
        """Store the states of one link, each file by itself."""
        for worker, state in states.items():
            body = msgspec.json.encode(WorkerFile(number, msgspec.Raw(state)))
            self._file(link, worker).save(body)

    def _file(self, link: LinkId, worker: WorkerId) -> StatePersistor:
        known = self._files.get((link, worker))
        if known is None:
            known = self._files[link, worker] = self._persistor(link, worker)
            known.load()  # its newest generation: the next save continues it
        return known


class Checkpointer:
    """Writes checkpoints while the engine runs, and reads the newest at start."""

    def __init__(
        self,
        store: CheckpointStore,
        memory: WorkerMemory,
        thread: ThreadPoolExecutor,
        *,
        every_s: float = 60.0,
        every_inputs: int = 50_000,
    ) -> None:
        self._store = store
        self._memory = memory
        self._every_s = every_s
        self._every_inputs = every_inputs
        self._thread = thread

    def restore(self, desk: Desk, *, first_number: int, last_number: int) -> Start:
        """Put books and workers back where the newest checkpoint left them.

        Returns where the folds begin; raises `StateCorrupt`, `StateRollback`, `StateTooNew`.
        """
        found = self._store.load(first_number=first_number, last_number=last_number)
        states: dict[LinkId, dict[WorkerId, msgspec.Raw]] = {}
        if found is not None:
            first, *slices = found.body.split(b"\n")
            body = msgspec.json.decode(first, type=_Body)
            desk.trader.books = restored(bytes(body.books), slices)
            states = body.links
        number = found.number if found is not None else 0
        workers_number = number
        newest = self._newest_states(desk, number, last_number)
        if newest is not None:
            workers_number, states = newest
        for link_id, link in desk.links.items():
            saved = states.get(link_id, {})
            link.runtime.restore({worker: bytes(raw) for worker, raw in saved.items()})
        empty = frozenset(name for name, link in desk.links.items() if link.runtime.is_empty)
        head = found.head if found is not None else None
        return Start(number, head, workers_number, empty)

    def _newest_states(
        self, desk: Desk, number: int, last_number: int
    ) -> tuple[int, dict[LinkId, dict[WorkerId, msgspec.Raw]]] | None:
        """Return the workers' own files if all stand for one group at least as new."""
        found: dict[LinkId, dict[WorkerId, msgspec.Raw]] = {}
        numbers: set[int] = set()
        for link_id, link in desk.links.items():
            files = self._memory.load(link_id, link.workers)
            numbers.update(each.number for each in files.values())
            found[link_id] = {worker: each.state for worker, each in files.items()}
        if len(numbers) != 1 or not number <= min(numbers) <= last_number:
            return None
        return numbers.pop(), found

    async def run(self, desk: Desk, journal: JsonlPersistor) -> None:
        """Write a checkpoint whenever one is due, until cancelled."""
        waited_s, handled = 0.0, desk.handled
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            waited_s += LOOK_EVERY_S
            if desk.handled == handled:
                continue
            if waited_s >= self._every_s or desk.handled - handled >= self._every_inputs:
                waited_s, handled = 0.0, desk.handled
                await self.try_to_write(desk, journal)

    async def try_to_write(self, desk: Desk, journal: JsonlPersistor) -> None:
        """Write a checkpoint, or say why not: a full disk must not end the engine (SAFETY J5)."""
        try:
            async with asyncio.timeout(WITHIN_S):
                await self.write(desk, journal)
        except (StateWriteError, TimeoutError) as error:
            _log.error(
                "no checkpoint was written, the next start takes longer: %s",
                str(error) or f"the disk did not answer within {WITHIN_S} s",
                extra={"event": "CHECKPOINT_UNWRITTEN"},
            )

    async def write(self, desk: Desk, journal: JsonlPersistor) -> None:
        """Write a checkpoint of the present, once its groups are durable (SAFETY J3)."""
        picture = BooksPicture(desk.trader.books)
        links = {
            link_id: {worker: msgspec.Raw(state) for worker, state in link.runtime.states().items()}
            for link_id, link in desk.links.items()
        }
        position = await journal.mark()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._save, position, picture, links)

    def _save(
        self,
        position: Position,
        picture: BooksPicture,
        links: dict[LinkId, dict[WorkerId, msgspec.Raw]],
    ) -> None:
        first = msgspec.json.encode(_Body(msgspec.Raw(picture.rest), links))
        checkpoint = Checkpoint(position.number, position.head, first)
        slices = (b"\n" + each for each in picture.slices())
        self._store.save(checkpoint, *slices, durable_number=position.number)
        for link_id, states in links.items():
            raw = {worker: bytes(state) for worker, state in states.items()}
            self._memory.save(link_id, position.number, raw)

"""Which persistor keeps what?

Market data, worker state and the journal (SPEC A3), each behind its port, each in its place under
the state directory.
"""

from concurrent.futures import Executor
from pathlib import Path

from s1mpletrader import __version__
from s1mpletrader.durable.atomic_file import make_directory
from s1mpletrader.durable.disk import Disk
from s1mpletrader.model.ids import LinkId, WorkerId
from s1mpletrader.persistence.checkpoint_store import CheckpointStore
from s1mpletrader.persistence.epoch_file import EpochFile
from s1mpletrader.persistence.instance_file import InstanceFile
from s1mpletrader.persistence.journal_file import JournalFile
from s1mpletrader.persistence.json_persistor import JsonPersistor
from s1mpletrader.ports import DataPersistor
from s1mpletrader.services import checkpointer
from s1mpletrader.services.request_desk import RequestDesk


class PersistorFactory:
    """Makes the persistors of one state directory."""

    def __init__(self, state: Path, disk: Disk) -> None:
        self._state = state
        self._disk = disk

    def journal_file(self, *, create: bool) -> JournalFile:
        """Return the recovered journal; its writer thread is a `JsonlPersistor` around it."""
        journal = self._state / "journal"
        return JournalFile.open(journal, self._disk, version=__version__, create=create)

    def worker_state(self, link: LinkId, worker: WorkerId) -> JsonPersistor:
        """Return the `state.json` of a worker."""
        directory = self._state
        for part in ("state", link, worker):
            directory /= part
            make_directory(directory, self._disk)
        return JsonPersistor(directory / "state.json", self._disk, name=f"{link}/{worker}")

    def market_data(self, name: str) -> DataPersistor:
        """Return a set of market data; loads the Parquet library, so never in the engine."""
        from s1mpletrader.persistence.parquet_persistor import (  # noqa: PLC0415 - see above
            ParquetPersistor,
        )

        return ParquetPersistor(self._state / "data" / name, self._disk)

    def checkpoints(self) -> CheckpointStore:
        """Return the checkpoints of the books."""
        directory = self._state / "checkpoint"
        make_directory(directory, self._disk)
        return CheckpointStore(directory, self._disk, schema=checkpointer.SCHEMA)

    def instance(self) -> InstanceFile:
        """Return whose state this is."""
        return InstanceFile(self._state, self._disk)

    def epoch(self) -> EpochFile:
        """Return the epoch of the account's speaker."""
        return EpochFile(self._state / "epoch", self._disk)

    def requests(self, thread: Executor) -> RequestDesk:
        """Return what was asked for while the engine was down."""
        return RequestDesk(self._state, self._disk, thread)

"""Where does market data in bulk live?

One Parquet file per `write`, named by its first trade id, below a directory per instrument.
Prices and quantities are int64 at the instrument's scale, delta packed, zstd; pages carry
checksums, and each row group's values a SHA-256, because Parquet's footer carries none. This is
the only module that imports pyarrow: the engine never loads it.
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from s1mpletrader.durable.atomic_file import AtomicFile, list_directory, make_directory
from s1mpletrader.durable.disk import Disk
from s1mpletrader.errors import StateCorrupt, StateEncodeError
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.ids import Symbol
from s1mpletrader.model.market import Instrument, Tick
from s1mpletrader.model.orders import Side

ROW_GROUP_SIZE = 1 << 16
"""Ticks in a row group: what is in memory at once."""

SCALED_MAX = (1 << 63) - 1

UNREADABLE = (
    pa.ArrowException,
    OSError,
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    MemoryError,
    msgspec.MsgspecError,
)
"""What pyarrow raises for damaged files: its footer is parsed before anything is verified."""

FORMAT = 1
_KEY = b"s1mpletrader"
_PACKED = ("trade_id", "time_us", "price", "qty")
_SMALL = ("side", "price_digits", "qty_digits")
_SIDES = (Side.BUY, Side.SELL)
_SCHEMA = pa.schema(
    [(name, pa.int64()) for name in _PACKED] + [(name, pa.int32()) for name in _SMALL]
)


class _Meta(Value, frozen=True):
    s1: int
    symbol: str
    price_scale: int
    qty_scale: int
    last_id: int
    digests: tuple[str, ...]


class ParquetPersistor:
    """Ticks by instrument below `directory`; implements `ports.DataPersistor`."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self._directory = directory
        self._disk = disk

    def write(self, ticks: Iterable[Tick], instrument: Instrument) -> int:
        """Store ticks, durable on return; returns their number.

        Trade ids rise within the file and do not overlap with other files; writing from the same
        first id again replaces the file. Raises `StateEncodeError` for what cannot be stored
        exactly, `StateWriteError`, `StoragePoisoned`.
        """
        rows = iter(ticks)
        group = list(islice(rows, ROW_GROUP_SIZE))
        if not group:
            return 0
        folder = self._folder(instrument)
        make_directory(self._directory, self._disk)
        make_directory(folder, self._disk)
        first_id = group[0].trade_id
        last_id = self._last_id_before(folder, first_id)
        count = 0
        digests: list[str] = []
        scales = _digits(instrument.price_tick), _digits(instrument.qty_step)
        with AtomicFile(folder / f"{first_id:020d}.parquet", self._disk) as file:
            with _writer(file) as writer:
                while group:
                    _check(group, instrument, last_id)
                    table = _table(group, scales)
                    writer.write_table(table, ROW_GROUP_SIZE)
                    digests.append(_digest(table))
                    count += len(group)
                    last_id = group[-1].trade_id
                    group = list(islice(rows, ROW_GROUP_SIZE))
                meta = _Meta(FORMAT, instrument.symbol, *scales, last_id, tuple(digests))
                writer.add_key_value_metadata({_KEY: _encode_meta(meta)})
            self._check_before_next(folder, first_id, last_id)
        return count

    def read(self, instrument: Instrument) -> Iterator[Tick]:
        """Yield the stored ticks by rising trade id, bit-identical; raises `StateCorrupt`."""
        last_id = -1
        for path in self._files(self._folder(instrument)):
            for tick in _read(path, instrument.symbol):
                if tick.trade_id <= last_id:
                    raise StateCorrupt(f"{path}: trade {tick.trade_id} after {last_id}")
                last_id = tick.trade_id
                yield tick

    def _folder(self, instrument: Instrument) -> Path:
        return self._directory / f"{instrument.base}-{instrument.quote}"

    def _files(self, folder: Path) -> list[Path]:
        names = list_directory(folder, self._disk)
        return sorted(folder / name for name in names if name.endswith(".parquet"))

    def _last_id_before(self, folder: Path, first_id: int) -> int:
        before = [path for path in self._files(folder) if int(path.stem) < first_id]
        return _open(before[-1])[1].last_id if before else -1

    def _check_before_next(self, folder: Path, first_id: int, last_id: int) -> None:
        for path in self._files(folder):
            if first_id < int(path.stem) <= last_id:
                raise StateEncodeError(f"trades {first_id} to {last_id} overlap with {path}")


class _Sink(io.RawIOBase):
    """An atomic file as pyarrow expects files; closing it does not commit."""

    def __init__(self, file: AtomicFile) -> None:
        super().__init__()
        self._file = file
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: Any) -> int:
        taken = self._file.write(bytes(data))
        self._size += taken
        return taken


def _writer(file: AtomicFile) -> Any:
    return pq.ParquetWriter(
        pa.PythonFile(_Sink(file), mode="w"),
        _SCHEMA,
        compression="zstd",
        use_dictionary=list(_SMALL),
        column_encoding=dict.fromkeys(_PACKED, "DELTA_BINARY_PACKED"),
        write_page_checksum=True,
    )


def _check(group: Sequence[Tick], instrument: Instrument, last_id: int) -> None:
    """Raise `StateEncodeError` unless the trade ids rise and all are the instrument's."""
    if group[0].trade_id <= last_id:
        raise StateEncodeError(f"trade {group[0].trade_id} comes after {last_id}")
    for older, newer in pairwise(group):
        if newer.trade_id <= older.trade_id:
            raise StateEncodeError(f"trade {newer.trade_id} comes after {older.trade_id}")
    for tick in group:
        if tick.symbol != instrument.symbol:
            raise StateEncodeError(f"a trade of {tick.symbol} among those of {instrument.symbol}")


def _table(group: Sequence[Tick], scales: tuple[int, int]) -> Any:
    price_scale, qty_scale = scales
    columns = {
        "trade_id": [tick.trade_id for tick in group],
        "time_us": [tick.time_us for tick in group],
        "price": [_scaled(tick.price, price_scale) for tick in group],
        "qty": [_scaled(tick.qty, qty_scale) for tick in group],
        "side": [_SIDES.index(tick.side) for tick in group],
        "price_digits": [_digits(tick.price) for tick in group],
        "qty_digits": [_digits(tick.qty) for tick in group],
    }
    return pa.table(columns, schema=_SCHEMA)


def _digits(value: Decimal) -> int:
    """Return how many digits are written behind the point; negative for 1E+3."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise StateEncodeError(f"{value} is not a number")
    return -exponent


def _scaled(value: Decimal, scale: int) -> int:
    scaled = value.scaleb(scale)
    if not value.is_finite() or value.is_signed() or scaled > SCALED_MAX or scaled % 1:
        raise StateEncodeError(f"{value} is not a whole number of 1E-{scale} below 2^63")
    return int(scaled)


def _unscaled(whole: int, scale: int, digits: int) -> Decimal:
    value = Decimal(whole).scaleb(-scale)
    return value if digits == scale else value.quantize(Decimal(1).scaleb(-digits))


def _digest(table: Any) -> str:
    digest = hashlib.sha256()
    for column in table.columns:
        array = column.combine_chunks()
        width = array.type.bit_width // 8
        begin = array.offset * width
        digest.update(memoryview(array.buffers()[1])[begin : begin + len(array) * width])
    return digest.hexdigest()[:32]


def _encode_meta(meta: _Meta) -> bytes:
    text = msgspec.json.encode(meta)
    return hashlib.sha256(text).hexdigest()[:32].encode("ascii") + b" " + text


def _decode_meta(data: bytes) -> _Meta:
    checksum, _, text = data.partition(b" ")
    if hashlib.sha256(text).hexdigest()[:32].encode("ascii") != checksum:
        raise StateCorrupt("the checksum of its description is wrong")
    return msgspec.json.decode(text, type=_Meta)


def _open(path: Path) -> tuple[Any, _Meta]:
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        meta = _decode_meta(file.metadata.metadata[_KEY])
    except (*UNREADABLE, StateCorrupt) as error:
        raise StateCorrupt(f"{path} is not a file of ticks: {error}") from error
    if file.num_row_groups != len(meta.digests) or meta.s1 != FORMAT:
        raise StateCorrupt(f"{path} has {file.num_row_groups} row groups, not as many as it says")
    return file, meta


def _read(path: Path, symbol: Symbol) -> Iterator[Tick]:
    file, meta = _open(path)
    if meta.symbol != symbol:
        raise StateCorrupt(f"{path} holds trades of {meta.symbol}, not {symbol}")
    with file:
        for index, digest in enumerate(meta.digests):
            try:
                table = file.read_row_group(index)
                found = _digest(table)
            except UNREADABLE as error:
                raise StateCorrupt(f"{path} cannot be read: {error}") from error
            if not table.schema.equals(_SCHEMA) or found != digest:
                raise StateCorrupt(f"{path}: the checksum of row group {index} is wrong")
            columns = [table[name].to_pylist() for name in _SCHEMA.names]
            for trade_id, time_us, price, qty, side, price_digits, qty_digits in zip(
                *columns, strict=True
            ):
                yield Tick(
                    symbol,
                    _unscaled(price, meta.price_scale, price_digits),
                    _unscaled(qty, meta.qty_scale, qty_digits),
                    _SIDES[side],
                    trade_id,
                    Micros(time_us),
                )

"""Are ticks read back as they were written, or not at all?"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1mpletrader.durable.disk import SystemDisk
from s1mpletrader.errors import StateCorrupt, StateEncodeError
from s1mpletrader.model.base import Micros
from s1mpletrader.model.ids import Asset, Symbol
from s1mpletrader.model.market import Instrument, Tick
from s1mpletrader.model.orders import Side
from s1mpletrader.persistence import parquet_persistor
from s1mpletrader.persistence.parquet_persistor import ParquetPersistor

BTC = Instrument(
    Symbol("BTC/USD"),
    Asset("BTC"),
    Asset("USD"),
    price_tick=Decimal("0.1"),
    qty_step=Decimal("0.00000001"),
    cost_step=Decimal("0.00001"),
    qty_min=Decimal("0.0001"),
    cost_min=Decimal("0.5"),
)


def tick(trade_id: int, price: str = "50000.1", qty: str = "0.5") -> Tick:
    return Tick(
        BTC.symbol, Decimal(price), Decimal(qty), Side.SELL, trade_id, Micros(trade_id * 1000)
    )


def store(directory: Path) -> ParquetPersistor:
    return ParquetPersistor(directory, SystemDisk())


amounts = st.builds(
    lambda whole, digits: Decimal(whole).scaleb(-digits),
    st.integers(0, 9 * 10**8),
    st.integers(-2, 1),
)


@st.composite
def tapes(draw: st.DrawFn) -> list[Tick]:
    ids = sorted(draw(st.sets(st.integers(0, 2**62), min_size=1, max_size=40)))
    return [
        Tick(
            BTC.symbol,
            draw(amounts),
            draw(amounts),
            draw(st.sampled_from(Side)),
            each,
            Micros(draw(st.integers(-(2**62), 2**62))),
        )
        for each in ids
    ]


@given(tapes())
def test_every_digit_survives(tape: list[Tick]) -> None:
    with TemporaryDirectory() as directory:
        assert store(Path(directory) / "data").write(iter(tape), BTC) == len(tape)
        found = list(store(Path(directory) / "data").read(BTC))
    assert found == tape
    assert [str(each.price) for each in found] == [str(each.price) for each in tape]
    assert [str(each.qty) for each in found] == [str(each.qty) for each in tape]


def test_files_and_row_groups_follow_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_persistor, "ROW_GROUP_SIZE", 4)
    persistor = store(tmp_path)
    tape = [tick(each) for each in range(1, 24)]
    assert persistor.write(tape[10:], BTC) == 13
    assert persistor.write(tape[:10], BTC) == 10
    assert persistor.write(tape[:10], BTC) == 10
    assert list(persistor.read(BTC)) == tape
    assert len(list((tmp_path / "BTC-USD").iterdir())) == 2


def test_nothing_is_written_for_nothing(tmp_path: Path) -> None:
    assert store(tmp_path).write([], BTC) == 0
    assert list(store(tmp_path).read(BTC)) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "tape",
    [
        [tick(1, price="0.12")],
        [tick(1, price="-0.0")],
        [tick(1, price="1E+18")],
        [tick(1, qty="NaN")],
        [tick(1, qty="Infinity")],
        [tick(2), tick(1)],
        [tick(1), tick(1)],
        [Tick(Symbol("SOL/USD"), Decimal(1), Decimal(1), Side.BUY, 1, Micros(1))],
    ],
)
def test_what_cannot_be_stored_exactly_is_refused(tmp_path: Path, tape: Sequence[Tick]) -> None:
    with pytest.raises(StateEncodeError):
        store(tmp_path).write(tape, BTC)
    assert list(store(tmp_path).read(BTC)) == []
    assert list((tmp_path / "BTC-USD").iterdir()) == []


@pytest.mark.parametrize("ids", [(5, 20), (15, 20), (25, 12)])
def test_files_do_not_overlap(tmp_path: Path, ids: tuple[int, int]) -> None:
    persistor = store(tmp_path)
    persistor.write([tick(10), tick(20)], BTC)
    first, last = ids
    with pytest.raises(StateEncodeError):
        persistor.write([tick(first), tick(last)], BTC)
    assert [each.trade_id for each in persistor.read(BTC)] == [10, 20]


def test_a_file_under_a_wrong_name_is_noticed(tmp_path: Path) -> None:
    persistor = store(tmp_path)
    persistor.write([tick(10), tick(20)], BTC)
    there = next((tmp_path / "BTC-USD").iterdir())
    (there.with_name(f"{30:020d}.parquet")).write_bytes(there.read_bytes())
    with pytest.raises(StateCorrupt, match="after 20"):
        list(persistor.read(BTC))


def test_a_file_of_another_instrument_is_noticed(tmp_path: Path) -> None:
    store(tmp_path).write([tick(10)], BTC)
    (tmp_path / "BTC-USD").rename(tmp_path / "BTC-EUR")
    euro = msgspec.structs.replace(BTC, symbol=Symbol("BTC/EUR"), quote=Asset("EUR"))
    with pytest.raises(StateCorrupt, match="BTC/USD"):
        list(store(tmp_path).read(euro))


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    tape = [tick(each) for each in range(1, 50)]
    store(tmp_path).write(tape, BTC)
    path = next((tmp_path / "BTC-USD").iterdir())
    data = path.read_bytes()
    for size in range(0, len(data), 29):
        path.write_bytes(data[:size])
        with pytest.raises(StateCorrupt):
            list(store(tmp_path).read(BTC))


@pytest.mark.slow
def test_no_flipped_bit_is_read_as_another_value(tmp_path: Path) -> None:
    tape = [tick(each, price=f"{each % 7}.1", qty="0.1") for each in range(1, 30)]
    store(tmp_path).write(tape, BTC)
    path = next((tmp_path / "BTC-USD").iterdir())
    data = path.read_bytes()
    noticed = 0
    for position in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        try:
            assert list(store(tmp_path).read(BTC)) == tape
        except StateCorrupt:
            noticed += 1
    print(f"parquet: {noticed} of {len(data) * 8} flips noticed, the others are harmless")
    assert noticed > len(data) * 4

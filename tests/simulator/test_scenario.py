"""Is a scenario file played as written, and is every mistake in one told with its place?"""

from pathlib import Path

import pytest

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.simulator import scenario
from s1mpletrader.simulator.fault_kinds import KINDS, kinds
from s1mpletrader.simulator.fault_specs import BOUNDS, FIELDS, FaultSpec, check
from s1mpletrader.simulator.faults import canonical
from s1mpletrader.simulator.scenario import BYTES_MAX, DEPTH_MAX, FAULTS_MAX
from tests.simulator.harness import WS_BUY, Client, exchange, in_loop

GOOD = """\
scenario: 1
about: an order whose answer is lost, then money comes
seed: 7
faults:
  - kind: deposit
    at_s: 0.1
    asset: BTC
    amount: 0.5
  - kind: answer_lost
    method: add_order
    how: silent
    chance: 1
  - kind: manual_order
    at_s: 0.2
    params:
      symbol: SOL/USD
      side: sell
      order_type: stop-loss
      order_qty: 1
      triggers: {price: 5.00}
"""


def test_a_scenario_is_read_in_the_order_of_its_moments() -> None:
    found = scenario.read(GOOD, "good.yaml")
    assert [(entry.spec.kind, entry.at_s) for entry in found.entries] == [
        ("answer_lost", 0.0),
        ("deposit", 0.1),
        ("manual_order", 0.2),
    ]
    assert found.entries[0].spec.seed == 7, "the scenario's seed, unless a fault has its own"
    assert found.entries[2].spec.params["triggers"] == {"price": "5.00"}, "numbers stay exact"


def test_a_scenario_is_played(tmp_path: Path) -> None:
    async def calls() -> None:
        async with exchange(tmp_path) as running, Client(running) as client:
            path = tmp_path / "good.yaml"
            path.write_text(GOOD)
            assert await running.ask(lambda: running.control.play(path)) == 3

            await running.until_hit("manual_order")
            assert await running.hits("deposit") == 1
            socket = await client.trader()
            await socket.send("add_order", 5, **WS_BUY)
            await running.until_hit("answer_lost")

    in_loop(calls)


def test_a_scenario_may_be_given_at_the_start(tmp_path: Path) -> None:
    async def calls() -> None:
        path = tmp_path / "good.yaml"
        path.write_text(GOOD)
        async with exchange(tmp_path, "--scenario", str(path)) as running:
            await running.until_hit("deposit")

    in_loop(calls)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("  - kind: nonsense", "bad.yaml:3:11: `kind`"),
        ("  - {kind: gap, hwo: close}", "bad.yaml:3:17: unknown key `hwo`"),
        ("  - {kind: gap, how: silent}", "bad.yaml:3:22: `how` means nothing for gap"),
        ("  - {kind: gap, skip: -1}", "bad.yaml:3:23: `skip` is -1; it may be 0 to 1e+06"),
        ("  - {kind: gap, count: 2000000}", "bad.yaml:3:24: `count`"),
        ("  - {kind: gap, chance: .nan}", "bad.yaml:3:25: expected a number, found '.nan'"),
        ("  - {kind: gap, skip: 1e999999}", "bad.yaml:3:23: expected a number"),
        ("  - {kind: gap, skip: 1.5}", "bad.yaml:3:23: `skip`"),
        ("  - {kind: gap, kind: gap}", "bad.yaml:3:17: `kind` stands here twice"),
        ("  - {skip: 1}", "bad.yaml:3:5: `kind` is missing"),
        ("  - {kind: gap, at_s: 1e9}", "bad.yaml:3:23: `at_s`"),
        ("  - {kind: silent_stall, pongs: no}", "bad.yaml:3:33: expected true or false"),
        ("  - {kind: visibility_lag, list: Foo}", "bad.yaml:3:5: list 'Foo'"),
        ("  - {kind: [gap]}", "bad.yaml:3:12: expected one value"),
        ("  - gap", "bad.yaml:3:5: expected keys and values"),
        ("  - *gap", "bad.yaml:3:5: aliases are not read here"),
        ("  - {kind: gap", "bad.yaml:4:1:"),
        ("  - " + "[" * (DEPTH_MAX + 1), "nested too deep"),
        ("  - \x00", "bad.yaml: not YAML"),
        ("# " + "x" * BYTES_MAX, "at most 65536 bytes"),
        ("  - {kind: gap}\n" * (FAULTS_MAX + 1), "at most 100 faults"),
    ],
)
def test_a_mistake_is_told_with_its_place(line: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario.read(f"scenario: 1\nfaults:\n{line}\n", "bad.yaml")
    assert told in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "scenario: 2\nfaults: []", "faults: []", "scenario: 1", "scenario: 1\nfalts: []"],
)
def test_a_file_that_is_no_scenario_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        scenario.read(text, "bad.yaml")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        scenario.load(tmp_path / "none.yaml")


def test_every_kind_of_fault_is_named_once_and_takes_what_exists() -> None:
    assert tuple(KINDS) == kinds()
    for kind, info in KINDS.items():
        assert set(info.takes) <= set(FIELDS), kind
        assert len(set(info.takes)) == len(info.takes), kind


def test_every_number_has_its_bounds() -> None:
    numbers = {name for name, kind in FaultSpec.__annotations__.items() if kind in {int, float}}
    assert numbers == set(BOUNDS)
    for name, (least, most) in BOUNDS.items():
        kind = next(kind for kind, info in KINDS.items() if name in info.takes)
        more = {"list": "Ledgers"} if kind == "visibility_lag" else {}
        for value in (least, most):
            check(FaultSpec(kind, **{name: value}, **more))  # type: ignore[arg-type]
        for value in (least - 1, most * 1.01 + 1, float("nan")):
            with pytest.raises(ConfigurationError):
                check(FaultSpec(kind, **{name: value}, **more))  # type: ignore[arg-type]


def test_every_kind_of_fault_is_seen_over_a_socket_by_some_test() -> None:
    here = Path(__file__).parent
    text = "".join(path.read_text() for path in here.glob("test_*.py") if path != Path(__file__))
    missing = [kind for kind in kinds() if f'"{kind}"' not in text]
    assert not missing


def test_rest_names_are_the_websocket_s() -> None:
    assert canonical("AddOrder") == "add_order"
    assert canonical("Balance") == "Balance"

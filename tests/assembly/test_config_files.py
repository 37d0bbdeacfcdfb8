"""Does every mistake in a configuration stop the start with a message that helps?"""

from decimal import Decimal
from pathlib import Path

import pytest

from s1mpletrader.assembly.config_files import FILES_MAX, load_configuration
from s1mpletrader.assembly.yaml_document import BYTES_MAX
from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.ids import LinkId
from tests.assembly.shop import ROOT, Shop

# --- what is right ---


def test_the_shipped_configuration_can_be_built() -> None:
    specs = load_configuration(ROOT / "config", ROOT).specs
    (link,) = specs.workforce_spec
    assert (link.link, link.symbol, link.interval_s) == ("btc_trend", "BTC/USD", 3_600)
    assert (link.capital, link.capital_asset) == (Decimal(10_000), "USD")
    assert not link.accepts_unprotected
    assert link.warm_up_bars == 30
    assert link.window_bars == 0
    assert specs.environment_spec.mode == "paper"
    assert specs.environment_spec.reconcile_every_s == 300
    assert specs.environment_spec.symbols == ("BTC/USD",)
    assert specs.persistor_spec.stateful_workers == tuple(
        ("btc_trend", worker) for worker in ("atr", "ema", "cross")
    )
    assert ("live_data_source", "CONNECTION_LOST") in specs.platform_wiring_spec
    assert len(specs.strategy_wiring_spec[LinkId("btc_trend")]) == 12


def test_numbers_are_what_was_written(shop: Shop) -> None:
    shop.edit("operation", "amount: 10000", "amount: 10000.10")
    shop.edit("strategies/ema_cross", "slippage_max: 0.002", "slippage_max: 0.0020")
    specs = shop.load().specs
    assert str(specs.workforce_spec[0].capital) == "10000.10"
    entry = next(w for w in specs.workforce_spec[0].workers if w.instance_id == "entry")
    assert str(entry.params["slippage_max"]) == "0.0020"


def test_the_digest_changes_with_the_configuration_and_not_with_the_place(shop: Shop) -> None:
    shop.edit("platform", str(shop.own), "/usr/local/lib/s1mpletrader/plugins")
    assert shop.load().digest == load_configuration(ROOT / "config", ROOT).digest
    shop.edit("operation", "amount: 10000", "amount: 10001")
    assert shop.load().digest != load_configuration(ROOT / "config", ROOT).digest


def test_an_inactive_link_is_checked_and_not_built(shop: Shop) -> None:
    second = (
        "  - strategy_link_id: second\n    is_active: false\n    execution_environment_id: paper\n"
        "    symbol: SOL/USD\n    capital: {amount: 1, asset: USD}\n"
        "    strategy_config: {blueprint_id: ema_cross, wiring_map_id: ema_cross}\n"
    )
    path = shop.folder / "operation.yaml"
    path.write_text(path.read_text() + second)
    assert [link.link for link in shop.load().specs.workforce_spec] == ["btc_trend"]
    shop.edit("operation", "symbol: SOL/USD", "symbol: SOL/EUR")
    assert shop.complaints() == [
        "operation.yaml:22:33: error: the capital of a link that trades SOL/EUR must be in EUR"
    ]


# --- one mistake each ---

MISTAKES = (ROOT / "tests/assembly/mistakes.txt").read_text(encoding="utf-8")
"""Blocks of: a file, `- ` what is there, `+ ` what is written instead, `= ` what is told."""


def mistakes() -> list[list[str]]:
    """Return [file, old, new, told...] of each block."""
    blocks = [block.splitlines() for block in MISTAKES.strip().split("\n\n")]
    return [[lines[0], *(line[2:] for line in lines[1:])] for lines in blocks]


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: mistake[-1])
def test_a_mistake_is_told_with_its_place(shop: Shop, mistake: list[str]) -> None:
    name, old, new, *told = mistake
    shop.edit(name, old.replace("\\n", "\n"), new.replace("\\n", "\n"))
    assert shop.complaints() == told


# --- wirings that fit together badly ---


def remove_rule(shop: Shop, wiring_id: str) -> None:
    """Take one wire out."""
    path = shop.folder / "wiring/ema_cross.yaml"
    head, *rules = path.read_text().split("  - wiring_id: ")
    kept = [rule for rule in rules if rule.split("\n", 1)[0] != wiring_id]
    assert len(kept) == len(rules) - 1
    path.write_text("  - wiring_id: ".join([head, *kept]))


def add_rule(shop: Shop, source: str, event: str, target: str, method: str) -> None:
    """Put one wire in, at the end."""
    path = shop.folder / "wiring/ema_cross.yaml"
    kind = "SystemEvent" if event.endswith("_OUTPUT") or event == "BAR_CLOSED" else "CustomEvent"
    rule = (
        f"  - wiring_id: added_{target}\n"
        f"    source: {{component_id: {source}, event_name: {event}, event_type: {kind}}}\n"
        f"    target: {{component_id: {target}, handler_method: {method}}}\n"
    )
    path.write_text(path.read_text() + rule)


def test_a_worker_that_no_wire_reaches_is_told(shop: Shop) -> None:
    remove_rule(shop, "lost_to_monitor")
    assert shop.complaints() == [
        "wiring/ema_cross.yaml:3:3: error: connection is in the workforce, and no wire reaches it"
    ]


def test_an_event_that_nobody_hears_is_told(shop: Shop) -> None:
    remove_rule(shop, "exit_to_executor")
    assert shop.complaints() == [
        (
            "wiring/ema_cross.yaml:3:3: error: cross publishes EXIT_SIGNALLED, and nobody hears it"
            " (wire it to a worker)"
        ),
        (
            "wiring/ema_cross.yaml:3:3: error: executor listens to EXIT_SIGNALLED,"
            " which is published but not wired to it"
        ),
    ]


def test_a_threat_reaches_the_engine_without_a_wire(shop: Shop) -> None:
    remove_rule(shop, "threat_to_breaker")
    shop.load()


def test_a_circle_is_told_with_its_way(shop: Shop) -> None:
    add_rule(shop, "router", "router_OUTPUT", "entry", "process")
    assert shop.complaints() == [
        (
            "wiring/ema_cross.yaml:3:3: error: the wiring runs in a circle:"
            " entry -> stop -> size -> router -> entry (no worker may come after itself)"
        )
    ]


def test_a_worker_wired_to_itself_is_a_circle(shop: Shop) -> None:
    add_rule(shop, "atr", "atr_OUTPUT", "atr", "process")
    assert shop.complaints() == [
        (
            "wiring/ema_cross.yaml:3:3: error: the wiring runs in a circle: atr -> atr"
            " (no worker may come after itself)"
        )
    ]


def test_the_same_wire_twice_is_told(shop: Shop) -> None:
    add_rule(shop, "atr", "atr_OUTPUT", "ema", "process")
    assert shop.complaints() == [
        "wiring/ema_cross.yaml:39:5: error: the same wire as atr_to_ema: its worker would run twice"
    ]


def test_a_dto_that_no_worker_before_made_is_told(shop: Shop) -> None:
    before, after = "ema, event_name: ema_OUTPUT", "atr, event_name: atr_OUTPUT"
    shop.edit("wiring/ema_cross", before, after)
    assert shop.complaints() == [
        (
            "wiring/ema_cross.yaml:9:5: error: cross requires EmaPair, which is not"
            " there on this wire"
            " (ema makes it; wire it before cross)"
        ),
    ]


def test_a_dto_that_is_there_on_one_wire_only_is_told(shop: Shop) -> None:
    add_rule(shop, "tick_cache_manager", "BAR_CLOSED", "cross", "process")
    assert shop.complaints() == [
        (
            "wiring/ema_cross.yaml:15:5: error: stop requires AverageTrueRange,"
            " which is not there on"
            " this wire (atr makes it; wire it before stop)"
        ),
        (
            "wiring/ema_cross.yaml:39:5: error: cross requires EmaPair, which is not"
            " there on this wire"
            " (ema makes it; wire it before cross)"
        ),
    ]


def test_a_dto_that_is_made_twice_is_told(shop: Shop) -> None:
    shop.edit(
        "strategies/ema_cross",
        "  opportunity_workers:",
        "    - instance_id: ema_two\n      plugin: ema_detector\n  opportunity_workers:",
    )
    before, after = "ema, event_name: ema_OUTPUT", "ema_two, event_name: ema_two_OUTPUT"
    shop.edit("wiring/ema_cross", before, after)
    add_rule(shop, "ema", "ema_OUTPUT", "ema_two", "process")
    assert shop.complaints() == [
        (
            "wiring/ema_cross.yaml:39:5: error: ema_two makes EmaPair,"
            " which a worker before it has made"
        )
    ]


# --- files ---


def test_every_problem_of_every_file_is_told_at_once(shop: Shop) -> None:
    shop.edit("operation", "capital: {", "captal: {")
    shop.edit("platform", "language: en", "langage: en")
    shop.edit("schedule", "every_s: 300", "every_s: 0")
    files = [line.split(":")[0] for line in shop.complaints()]
    assert files == ["operation.yaml", "platform.yaml", "schedule.yaml"]


def test_a_missing_file_is_told(shop: Shop) -> None:
    (shop.folder / "schedule.yaml").unlink()
    assert shop.complaints() == ["schedule.yaml: error: cannot be read: No such file or directory"]


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="this folder is not there"):
        load_configuration(tmp_path / "nowhere", ROOT)


@pytest.mark.parametrize("name", ["operaton.yaml", "operation.yml", "operation.d"])
def test_a_file_that_would_be_passed_over_is_refused(shop: Shop, name: str) -> None:
    shop.write(name, "")
    (told,) = shop.complaints()
    assert told.startswith(f'{name}: error: this file would not be read (did you mean "operation')


def test_a_strategy_that_would_be_passed_over_is_refused(shop: Shop) -> None:
    shop.write("strategies/mine.yml", "")
    assert shop.complaints() == [
        "strategies/mine.yml: error: this file would not be read (name it *.yaml)"
    ]


def test_too_many_files_are_refused(shop: Shop) -> None:
    text = (shop.folder / "wiring/ema_cross.yaml").read_text()
    for number in range(FILES_MAX):
        shop.write(f"wiring/w{number}.yaml", text if number == 0 else "wiring_rules: []\n")
    told = shop.complaints()
    assert (
        f"wiring: error: {FILES_MAX + 1} files are too many, at most {FILES_MAX} are read" in told
    )


def test_an_empty_file_lacks_its_keys(shop: Shop) -> None:
    shop.write("connectors.yaml", "# nothing\n")
    assert shop.complaints() == ['connectors.yaml: error: the key "connectors" is missing']


def test_a_file_of_another_kind_is_refused(shop: Shop) -> None:
    shop.write("connectors.yaml", "- one\n- two\n")
    (told,) = shop.complaints()
    assert told.startswith("connectors.yaml:1:1: error: ")
    assert told.endswith("found a list")


def test_a_file_that_is_too_large_is_refused(shop: Shop) -> None:
    shop.write("schedule.yaml", b"#" * (BYTES_MAX + 1))
    (told,) = shop.complaints()
    assert told.startswith("schedule.yaml: error: the file is too large")


def test_one_mistake_is_told_once(shop: Shop) -> None:
    shop.edit("operation", "is_active: true", "is_active: yes")
    assert shop.complaints() == [
        (
            "operation.yaml:10:16: error: yes could mean true or false"
            " (write true or false, or quote it)"
        )
    ]


def test_links_in_two_environments_need_two_engines(shop: Shop) -> None:
    path = shop.folder / "environments.yaml"
    world = "  - {environment_id: live, mode: live, connector_id: simulated_exchange}\n"
    path.write_text(path.read_text() + world)
    path = shop.folder / "operation.yaml"
    head, link = path.read_text().split("  - strategy_link_id")
    second = link.replace("btc_trend", "second").replace("id: paper", "id: live")
    path.write_text(f"{head}  - strategy_link_id{link}  - strategy_link_id{second}")
    assert shop.complaints() == [
        (
            "operation.yaml:20:31: error: one engine runs one environment: this link"
            " is in another than"
            " paper (run it as an instance of its own, @NAME)"
        )
    ]

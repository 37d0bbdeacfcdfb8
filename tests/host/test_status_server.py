"""How does a monitoring system ask whether the engine is well?"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable

import aiohttp
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from s1mpletrader.core.health import Beats, HealthStatus
from s1mpletrader.errors import ConfigurationError, InternalError, Locked
from s1mpletrader.host.clock import SystemClock
from s1mpletrader.host.metrics import FAMILIES, PREFIX, EngineCollector, Sample, registry
from s1mpletrader.host.status_server import StatusServer, require_loopback
from s1mpletrader.model.base import Micros


class Engine:
    """Tells what the test wants it to tell."""

    def __init__(self) -> None:
        self.now_us = SystemClock().monotonic_us()
        status = HealthStatus(
            event_bus_alive=True,
            strategies_running=2,
            last_tick_timestamp=Micros(1_500_000),
            cache_memory_usage=183_500,
            validation_errors_last_hour=0,
        )
        self.told = Beats(
            health=status,
            started_us=Micros(self.now_us - 5_000_000),
            probe_us=self.now_us,
            writer_age_us=Micros(0),
            is_state_restored=True,
            is_reconciled=True,
            is_feed_up=True,
        )
        self.counted = [Sample("ticks_processed_total", 7, ("demo",)), Sample("orders_open", 1)]

    def beats(self) -> Beats:
        return self.told

    def samples(self) -> Iterable[Sample]:
        return self.counted


def visit(engine: Engine, talk: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    async def conversation() -> None:
        server = StatusServer(engine, SystemClock(), registry(engine, "paper"), port=0)
        await server.start()
        try:
            async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
                await talk(session)
        finally:
            await server.close()

    asyncio.run(conversation())


def test_a_well_engine_answers_200_everywhere() -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        for page in ("/livez", "/readyz"):
            async with session.get(page) as answer:
                assert (answer.status, await answer.text()) == (200, "ok\n")
        async with session.get("/readyz?verbose") as answer:
            assert "[+]feed up\n" in await answer.text()

    visit(Engine(), talk)


def test_a_halted_engine_is_alive_but_not_ready() -> None:
    engine = Engine()
    engine.told = msgspec.structs.replace(engine.told, halts=("connection_lost",))

    async def talk(session: aiohttp.ClientSession) -> None:
        async with session.get("/livez") as answer:
            assert answer.status == 200
        async with session.get("/readyz") as answer:
            assert answer.status == 503
            assert "[-]halted connection_lost\n" in await answer.text()
        async with session.get("/healthz") as answer:
            assert answer.status == 200
            found = await answer.json()
            assert found["status"] == "degraded"
            assert found["reasons"] == ["halted: connection_lost"]
            assert found["strategies_running"] == 2
            assert found["last_tick_timestamp"] == "1970-01-01T00:00:01.500000Z"
            assert found["up_s"] >= 5

    visit(engine, talk)


def test_an_engine_that_hangs_is_not_alive() -> None:
    engine = Engine()
    engine.told = msgspec.structs.replace(engine.told, probe_us=Micros(engine.now_us - 11_000_000))

    async def talk(session: aiohttp.ClientSession) -> None:
        for page in ("/livez", "/readyz", "/healthz"):
            async with session.get(page) as answer:
                assert answer.status == 503

    visit(engine, talk)


def test_the_metrics_are_what_prometheus_reads() -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        async with session.get("/metrics") as answer:
            families = {
                each.name: each for each in text_string_to_metric_families(await answer.text())
            }
        ticks = families["s1mpletrader_ticks_processed"]
        assert ticks.type == "counter"
        assert ticks.samples[0].labels == {"strategy_link": "demo"}
        assert ticks.samples[0].value == 7
        assert families["s1mpletrader_build_info"].samples[0].labels["mode"] == "paper"
        assert "process_resident_memory_bytes" in families

    visit(Engine(), talk)


def test_commands_and_money_have_no_place_here() -> None:
    async def talk(session: aiohttp.ClientSession) -> None:
        async with session.post("/livez") as answer:
            assert answer.status == 405
        async with session.get("/v1/status") as answer:
            assert answer.status == 404

    visit(Engine(), talk)
    money = re.compile(r"profit|pnl|equity|price|balance|capital|position|drawdown|fee(?!d)")
    assert [each.name for each in FAMILIES if money.search(each.name)] == []
    assert {label for each in FAMILIES for label in each.labels if label.endswith("id")} == set()


def test_a_metric_outside_the_table_is_refused() -> None:
    engine = Engine()
    for wrong in (Sample("orders_open", 1, ("label",)), Sample("equity", 1)):
        engine.counted = [wrong]
        with pytest.raises(InternalError):
            list(EngineCollector(engine, "paper").collect())


def test_metric_names_keep_prometheus_habits() -> None:
    assert PREFIX == "s1mpletrader_"
    assert len({each.name for each in FAMILIES}) == len(FAMILIES)
    for family in FAMILIES:
        assert not re.search(r"_(ms|us|micros|millis)(_total)?$", family.name)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "localhost", "example.org"])  # noqa: S104
def test_an_address_that_others_can_reach_is_refused(host: str) -> None:
    with pytest.raises(ConfigurationError, match="loopback"):
        require_loopback(host)


def test_a_taken_port_is_said_in_words() -> None:
    async def twice() -> None:
        first = StatusServer(Engine(), SystemClock(), registry(Engine(), "paper"), port=0)
        await first.start()
        try:
            again = StatusServer(
                Engine(), SystemClock(), registry(Engine(), "paper"), port=first.port
            )
            with pytest.raises(Locked, match="is taken"):
                await again.start()
        finally:
            await first.close()

    asyncio.run(twice())

"""Can a judge trust the audit, and a person read it?"""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from s1mpletrader.model.ids import Asset
from s1mpletrader.simulator import audit_checks
from s1mpletrader.simulator.audit import SCHEMA, audit
from s1mpletrader.simulator.main import DIFFERENCES, run
from tests.simulator.harness import REST_BUY, WS_LIMIT, Bench, Client, Running, in_loop, process

NAMED = WS_LIMIT | {"cl_ord_id": "kx-1"}


async def trade(running: Running) -> None:
    async with Client(running) as client:
        assert (await client.private("AddOrder", **REST_BUY, cl_ord_id="kx-0"))["error"] == []
        for _ in range(2):
            socket = await client.trader()
            txid = (await socket.ask("add_order", **NAMED))["result"]["order_id"]
            await socket.ask("cancel_order", 2, order_id=[txid])


@pytest.mark.slow
def test_the_audit_of_a_running_exchange(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with process(tmp_path, "--paused") as (_, running):
        control = str(tmp_path / "state/control.sock")
        assert run(["audit", "--control", control]) == 0
        in_loop(lambda: trade(running))
        capsys.readouterr()
        code = run(["audit", "--control", control, "--account", "main", "--json"])
        found = json.loads(capsys.readouterr().out)
        assert (code, found["schema"]) == (DIFFERENCES, SCHEMA)
        account = found["accounts"]["main"]
        assert account["duplicate_client_ids"] == ["kx-1"], "also when the first is closed"
        assert account["findings"] == []
        first = account["orders"][0]
        assert (first["user"], first["client_id"]) == ("SIM-ENGINE", "kx-0")
        assert first["received_us"] <= first["opened_us"] <= first["closed_us"]
        run(["audit", "--state", str(tmp_path / "state")])
        told = capsys.readouterr().out
        assert "client id used twice: kx-1" in told
        assert "SIM-ENGINE  BTC/USD  buy   market  0.1" in told


def test_no_exchange_no_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--state", str(tmp_path)]) == 3
    assert "no exchange answers" in capsys.readouterr().err


def test_an_account_that_contradicts_itself_is_found(bench: Bench) -> None:
    order = bench.place(qty="1")
    account = bench.venue.accounts["main"]
    assert audit_checks.findings(account) == []
    assert audit(bench.venue)["accounts"]["main"]["findings"] == []
    account.orders[order.txid] = replace(order, executed=order.executed * 2)
    assert len(audit_checks.findings(account)) == 2
    account.orders[order.txid] = order
    account.balances[Asset("BTC")] += 1
    assert "balance" in audit_checks.findings(account)[0]
    account.balances[Asset("BTC")] -= 1
    trade_of_it = account.trades[order.trades[0]]
    account.trades[order.trades[0]] = replace(trade_of_it, ledgers=trade_of_it.ledgers[:1])
    assert "booked" in audit_checks.findings(account)[0]

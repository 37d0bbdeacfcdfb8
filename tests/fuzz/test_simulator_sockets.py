"""Does a running exchange survive a client that sends nonsense, and keep its books?"""

import json
import random
from pathlib import Path

from tests.fuzz.simulator_mutation import mutated
from tests.fuzz.simulator_rest import FORMS
from tests.fuzz.simulator_ws import FRAMES
from tests.simulator.harness import Client, exchange, in_loop

MESSAGES = 300


def with_token(frame: bytes, token: str) -> str:
    """Return a frame whose parameters, if it has any, are those of a client that may trade."""
    try:
        message = json.loads(frame)
        message["params"]["token"] = token
    except (ValueError, TypeError, KeyError, RecursionError):
        return frame.decode("utf-8", errors="replace")
    return json.dumps(message)


def test_nonsense_over_the_socket_is_answered_and_costs_nothing(tmp_path: Path) -> None:
    dice = random.Random(5)  # noqa: S311 - a test

    async def calls() -> None:
        async with (
            exchange(tmp_path, "--decay-factor", "1000000") as running,
            Client(running) as client,
        ):
            socket = await client.trader()
            for _ in range(MESSAGES):
                await socket.ws.send_str(with_token(mutated(dice, FRAMES), socket.token))
            await socket.ask("ping", 123_456)
            audit = await running.ask(running.control.audit)
            assert all(account["findings"] == [] for account in audit["accounts"].values())

    in_loop(calls)


def test_nonsense_over_rest_is_answered_and_costs_nothing(tmp_path: Path) -> None:
    dice = random.Random(6)  # noqa: S311 - a test
    methods = ("AddOrder", "AddOrderBatch", "EditOrder", "Ledgers", "ClosedOrders", "CancelOrder")

    async def calls() -> None:
        async with (
            exchange(tmp_path, "--decay-factor", "1000000") as running,
            Client(running) as client,
        ):
            for _ in range(MESSAGES):
                status = await client.raw(dice.choice(methods), mutated(dice, FORMS))
                assert status == 200
            assert (await client.private("Balance"))["error"] == []
            audit = await running.ask(running.control.audit)
            assert all(account["findings"] == [] for account in audit["accounts"].values())

    in_loop(calls)

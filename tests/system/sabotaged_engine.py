"""What would an engine look like that sends before it is durable, and syncs on its loop?

The real engine with one of its methods exchanged, named by the first argument: what tests of the
kernel's view must catch.
"""

import asyncio
import sys
from asyncio.base_events import BaseEventLoop
from collections.abc import Awaitable, Callable

from s1mpletrader.cli.main import run
from s1mpletrader.core.effects import Effects
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.services.execution_handler import ExecutionHandler


def send_at_once() -> None:
    """Break SAFETY J2: effects leave without waiting for their group."""
    honest = ExecutionHandler.perform

    def perform(
        self: ExecutionHandler, stamp: Stamp, effects: Effects, durable: Awaitable[None] | None
    ) -> None:
        del durable
        honest(self, stamp, effects, None)

    ExecutionHandler.perform = perform  # type: ignore[method-assign]


def sync_on_the_loop() -> None:
    """Break SAFETY J4: what other threads should do is done by the one that trades."""

    def run_in_executor(
        self: BaseEventLoop, executor: object, work: Callable[..., object], *arguments: object
    ) -> asyncio.Future[object]:
        del executor
        done = self.create_future()
        done.set_result(work(*arguments))
        return done

    BaseEventLoop.run_in_executor = run_in_executor  # type: ignore[method-assign, assignment]


SABOTAGES = {each.__name__: each for each in (send_at_once, sync_on_the_loop)}


if __name__ == "__main__":
    SABOTAGES[sys.argv.pop(1)]()
    sys.exit(run())

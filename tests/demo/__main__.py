"""What does S1mpleTrader do when things break?

A real tape, a simulated exchange over real sockets, a real engine, a real kill -9. The last line
says whether the engine's books are the exchange's books, to the last digit; exit 0 only then.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from types import FrameType

from s1mpletrader.core.books import Books
from s1mpletrader.simulator.faults import FaultSpec
from tests.demo.pictures import curve, drawdown, equity, trade_table
from tests.demo.watcher import Watcher
from tests.rig.asking import RigError, wait_for
from tests.rig.comparison import differences
from tests.rig.processes import ROOT, Rig

SPEED = 216_000
"""60 hourly bars of market time in a second."""
TRADES_FIRST = 4
TRADES_AFTER_KILL = 7
TRADES_IN_ALL = 9
CUT_S = 3.0
WAIT_S = 60.0
INTERRUPTED = 130
CAPITAL = Decimal(10_000)
TRADES_SHOWN = 12


class Demo:
    """The story, step by step."""

    def __init__(self, directory: Path) -> None:
        self.rig = Rig(directory, speed=SPEED)
        self._began = time.monotonic()
        self.watcher = Watcher(self.rig, lambda line: self.say(f"    {line}"))

    def say(self, text: str) -> None:
        """Print a line with the time since the start."""
        print(f"[{time.monotonic() - self._began:5.1f} s] {text}", flush=True)

    def run(self) -> bool:
        """Tell the whole story; return whether the books agree."""
        self.say("1/7 starting the simulated exchange: real BTC/USD hours of 2017, played fast")
        self.rig.start_exchange()
        self.rig.configure()
        self.say(f"    listening on http://127.0.0.1:{self.rig.port}")
        self.say("2/7 starting the engine: EMA 10/30 cross, 10,000 USD, paper trading")
        self.rig.start_engine()
        self.rig.wait_trading()
        self.watch_until_closed(TRADES_FIRST)
        self.kill_in_flight()
        self.watch_until_closed(TRADES_AFTER_KILL)
        self.cut_network()
        self.watch_until_closed(TRADES_IN_ALL)
        return self.compare()

    def watch_until_closed(self, count: int) -> None:
        """Let it trade."""

        def enough() -> bool:
            self.watcher.look()
            return self.watcher.closed >= count

        wait_for(f"{count} closed trades", enough, WAIT_S)

    def kill_in_flight(self) -> None:
        """Kill the engine while a submit is on the wire and its answer is held back."""
        self.say("3/7 the exchange will accept the next order and keep its answer")
        spec = FaultSpec("hold_answers", channel="ws_private", method="add_order")
        fault = self.rig.control.add_fault(spec)

        def held() -> bool:
            self.watcher.look()
            return self.rig.control.fault(fault.id).holding > 0

        wait_for("a submit on the wire", held, WAIT_S)
        self.rig.kill_engine()
        self.say("    the order is accepted, nobody was told: kill -9 on the engine, NOW")
        self.rig.control.remove(fault.id)
        self.say("4/7 starting it again: the journal says intent, the world knows more")
        self.watcher.is_verbose = True
        began = time.monotonic()
        self.rig.start_engine()
        self.rig.wait_trading()
        self.watcher.look()
        self.watcher.is_verbose = False
        self.say(f"    trading again {time.monotonic() - began:.1f} s after the start")

    def cut_network(self) -> None:
        """Cut the network for some seconds."""
        self.say(f"5/7 cutting the network for {CUT_S:.0f} s")
        self.watcher.is_verbose = True
        self.rig.control.cut(CUT_S)

        def noticed() -> bool:
            self.watcher.look()
            status = self.rig.status()
            return status is not None and status["state"] == "halted"

        def back() -> bool:
            self.watcher.look()
            status = self.rig.status()
            return status is not None and status["state"] == "trading"

        wait_for("the halt", noticed, WAIT_S)
        wait_for("the return", back, WAIT_S)
        self.watcher.look()
        self.watcher.is_verbose = False

    def compare(self) -> bool:
        """Stop the market, show the day, compare the books to the last digit."""
        self.say("6/7 the market stands still; what happened, and why?")
        books = self.rig.wait_equal(WAIT_S)
        self.watcher.look()
        self.why()
        self.show(books)
        self.say("7/7 stopping the engine and comparing its books with the exchange's")
        code = self.rig.stop_engine()
        books, audit = self.rig.books(), self.rig.control.audit()
        found = differences(books, audit)
        for line in found:
            self.say(f"    DIFFERENT: {line}")
        truth = audit["accounts"]["main"]
        self.say(
            f"    {len(truth['orders'])} orders and {len(truth['fills'])} executions at the"
            f" exchange; the engine ended with {code}"
        )
        both = "" if found else " on both sides"
        for asset, amount in sorted(truth["balances"].items()):
            self.say(f"    {asset}: {amount}{both}")
        return not found and code == 0

    def why(self) -> None:
        """Print the causes of the last closed trade."""
        command = [
            *(sys.executable, "-m", "s1mpletrader", "why", self.watcher.last_closed_id),
            *("--state", str(self.rig.state)),
        ]
        print(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)

    def show(self, books: Books) -> None:
        """Print trades, equity and drawdown."""
        trades = [trade for trade in books.trades.values() if trade.closed_us]
        for line in trade_table(books, trades[-TRADES_SHOWN:]):
            print(f"  {line}")
        values = equity(CAPITAL, [trade.profit for trade in trades])
        print(f"\n  equity after each of {len(trades)} trades (USD)")
        for line in curve(values):
            print(f"  {line}")
        amount, fraction = drawdown(values)
        print(f"  deepest drawdown {amount:.2f} USD ({fraction:.1%}), now {values[-1]:.2f} USD\n")


def main() -> int:
    """Run the demo in a directory that is removed afterwards; return the exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    directory = Path(tempfile.mkdtemp(prefix="s1mpletrader-demo-"))
    demo = Demo(directory)
    try:
        agree = demo.run()
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is left running")
        return INTERRUPTED
    except (RigError, subprocess.CalledProcessError) as error:
        print(f"THE DEMO FAILED before the books could be compared: {error}", file=sys.stderr)
        return 1
    finally:
        demo.rig.close()
        shutil.rmtree(directory, ignore_errors=True)
    demo.say("THE BOOKS AGREE to the last digit." if agree else "THE BOOKS DO NOT AGREE.")
    return 0 if agree else 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

"""Who trades against whom?

A real exchange and a real engine that trades two pairs with three strategies, as fast as the tape
is played, in a directory of their own.
"""

import copy
import http.client
import time
from pathlib import Path
from typing import Any

from tests.rig.asking import tell
from tests.rig.processes import ENGINE_LOG, Document, Rig

SPEED = 54_000
"""Market seconds per second: fifteen hourly bars, an entry or an exit every few 100 ms."""
LEASE_S = 6.0
"""So long that a killed engine is back before it ends, mostly (SAFETY F2)."""
SILENCE_MAX_S = 2.0
RECONCILE_EVERY_S = 2
BORN_WITHIN_S = 90.0
REST_TIMEOUT_S = 1.5
CONNECTION_LOST_ATTEMPTS = 15
"""Some five seconds of refusals: more than an exchange needs to come back."""
CAPITAL_USD = 60_000
"""Enough for a thousand losing trades: two fees each, and a strategy that knows nothing."""
RISK = 0.001
"""Of the capital: some two coins a trade, so that an entry takes several prices."""
LINKS = (
    ("btc_quick", "BTC/USD", "quick"),
    ("btc_calm", "BTC/USD", "calm"),
    ("sol", "SOL/USD", "quick"),
)
"""Two strategies share an instrument: they must not hurt each other (SAFETY O6, D10)."""
AVERAGES = {"quick": (2, 4), "calm": (3, 7)}
EXCHANGE_OPTIONS = ("--balance", "USD=300000")


class Pair:
    """One exchange and one engine."""

    def __init__(self, directory: Path, *, seed: int, sabotage: str = "honest") -> None:
        self.rig = Rig(directory, speed=SPEED, seed=seed)
        self.rig.program = ("-m", "tests.chaos.hasty_engine", sabotage)
        self.patience: dict[str, float] = {"lease_s": LEASE_S}
        self.socket = self.rig.state / "run" / "control.sock"

    def start(self) -> None:
        """Start both on new accounts; the market stands still."""
        self.rig.start_exchange("--paused", *EXCHANGE_OPTIONS)
        self.configure()
        self.rig.start_engine()
        self.rig.wait_trading(BORN_WITHIN_S)

    def configure(self) -> None:
        """Write a configuration that trades all the time and waits for nothing long."""
        rig = self.rig
        rig.configure(**self.patience)
        rig.edit("connectors.yaml", _connector)
        rig.edit("environments.yaml", _liveness)
        rig.edit("operation.yaml", _operation)
        rig.edit("schedule.yaml", _schedule)
        source = (rig.config / "strategies" / "ema_cross.yaml").read_text("utf-8")
        for name, (fast, slow) in AVERAGES.items():
            (rig.config / "strategies" / f"{name}.yaml").write_text(source, "utf-8")

            def blueprint(content: Document, fast: int = fast, slow: int = slow) -> None:
                _blueprint(content, fast, slow)

            rig.edit(f"strategies/{name}.yaml", blueprint)

    # Processes.

    def start_exchange(self) -> None:
        """Start the exchange again, the market running."""
        self.rig.start_exchange(*EXCHANGE_OPTIONS)

    def tell(self, verb: str, why: str = "chaos", reasons: tuple[str, ...] = ()) -> dict[str, Any]:
        """Be the operator."""
        return tell(self.socket, verb, why=why, reasons=reasons)

    def ask_for_look(self) -> bool:
        """Ask for a look; return whether the engine was there to hear it."""
        try:
            self.tell("reconcile")
        except (OSError, http.client.HTTPException):
            return False
        return True

    def status(self) -> dict[str, Any] | None:
        """Return the engine's status, None while it does not answer."""
        try:
            return self.rig.status()
        except http.client.HTTPException:
            return None

    def now_us(self) -> int:
        """Return this host's time: the exchange's protocol time while its clock is right."""
        return time.time_ns() // 1_000

    def last_words(self) -> str:
        """Return the end of the engine's log."""
        return self.rig.log(ENGINE_LOG)[-1500:]

    def close(self) -> None:
        """Leave nothing running."""
        self.rig.close()


def _connector(content: Document) -> None:
    content["connectors"][0]["rest_timeout_s"] = REST_TIMEOUT_S


def _liveness(content: Document) -> None:
    liveness = content["environments"][0]["liveness"]
    liveness.update(
        silence_max_s=SILENCE_MAX_S, ping_after_s=0.5, attempts_max=CONNECTION_LOST_ATTEMPTS
    )


def _schedule(content: Document) -> None:
    content["schedules"][0]["every_s"] = RECONCILE_EVERY_S


def _operation(content: Document) -> None:
    content["limits"]["order_cost_max"] = CAPITAL_USD
    (template,) = content["strategy_links"]
    content["strategy_links"] = links = []
    for name, symbol, strategy in LINKS:
        link = copy.deepcopy(template)
        link.update(strategy_link_id=name, symbol=symbol)
        link["capital"]["amount"] = CAPITAL_USD
        link["strategy_config"]["blueprint_id"] = strategy
        links.append(link)


def _blueprint(content: Document, fast: int, slow: int) -> None:
    force = content["workforce"]
    params = {worker["instance_id"]: worker for group in force.values() for worker in group}
    params["ema"]["params"] = {"fast": fast, "slow": slow}
    params["atr"]["params"] = {"period": 5}
    params["stop"]["params"] = {"multiple": 1.5}
    params["entry"]["params"] = {"slippage_max": 0.01}
    params["size"]["params"] = {"risk_fraction": RISK}

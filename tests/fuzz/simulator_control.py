"""Can any request on the control socket be more than understood or refused?"""

from collections import Counter

import msgspec

from s1mpletrader.errors import ConfigurationError
from s1mpletrader.model.base import Value
from s1mpletrader.simulator import control_bodies, wire
from s1mpletrader.simulator.fault_specs import FaultSpec, check
from s1mpletrader.simulator.refusal import Refused
from tests.fuzz import simulator_mutation

BODIES = (
    b'{"kind":"answer_lost","method":"add_order","how":"http_502","skip":1,"count":2}',
    b'{"kind":"visibility_lag","list":"Ledgers","delay_s":0.15,"drawn":true,"seed":7}',
    b'{"kind":"second_instance","params":{"symbol":"BTC/USD","order_qty":1},"nonce_ahead":10}',
    b'{"kind":"clock_skew","skew_s":-3600.5,"drift_ppm":100}',
    b'{"kind":"deposit","asset":"BTC","amount":"0.5","when":"after","side":"sell"}',
    b'{"speed":3600}',
    b'{"trades":4}',
    b'{"target":"ws_private"}',
    b'{"for_s":1.5,"drop":false}',
    b'{"asset":"BTC","amount":"-0.5","account":"main"}',
    b'{"params":{"symbol":"BTC/USD","side":"buy"},"account":"main"}',
    b'{"status":"maintenance"}',
    b'{"text":"scenario: 1\\nfaults: []","name":"x.yaml"}',
)
KINDS: tuple[type[Value], ...] = (
    FaultSpec,
    control_bodies.SpeedBody,
    control_bodies.StepBody,
    control_bodies.DropBody,
    control_bodies.CutBody,
    control_bodies.TransferBody,
    control_bodies.OrderBody,
    control_bodies.CancelBody,
    control_bodies.StatusBody,
    control_bodies.ScenarioBody,
)


def read(body: bytes) -> str:
    """Read a body as every request that could have it."""
    return "understood" if sum(_is_understood(body, kind) for kind in KINDS) else "refused"


def _is_understood(body: bytes, kind: type[Value]) -> bool:
    try:
        found = msgspec.json.decode(body or b"{}", type=kind)
        if isinstance(found, FaultSpec):
            check(found)
        if isinstance(found, control_bodies.TransferBody):
            wire.parse_decimal(found.amount, "amount")
    except (msgspec.DecodeError, UnicodeDecodeError, ConfigurationError, Refused):
        return False
    return True


def fuzz(seed: int, count: int) -> Counter[str]:
    """Read `count` spoiled bodies; returns how often each outcome came."""
    return simulator_mutation.run(seed, count, BODIES, read)

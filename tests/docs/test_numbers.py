"""Do the numbers that belong together fit together? Read from the code's defaults."""

from decimal import Decimal

from s1mpletrader.assembly import bootstrap, engine_settings
from s1mpletrader.assembly.environment_factory import EnvironmentFactory, micros
from s1mpletrader.cli import main
from s1mpletrader.config.build_specs import EnvironmentSpec
from s1mpletrader.config.environments import Connector, Liveness, Reconcile
from s1mpletrader.config.operation import Limits
from s1mpletrader.core import health, restart
from s1mpletrader.core.connection import ConnectionLimits
from s1mpletrader.core.rate_budget import CALL_COSTS, TIERS, RateBudget
from s1mpletrader.core.rules import Rules
from s1mpletrader.exchange.kraken import KrakenSettings
from s1mpletrader.host.service_notifier import PINGS_PER_TIMEOUT
from s1mpletrader.model.base import SECOND
from s1mpletrader.persistence import jsonl_persistor
from s1mpletrader.services import operation_service
from s1mpletrader.services.watchdog import WatchdogLimits

RULES = Rules()
LINE = ConnectionLimits()
UNIT = restart.Limits()


def spec() -> EnvironmentSpec:
    """Return an environment with nothing but defaults."""
    connector = Connector.model_validate(
        {
            "connector_id": "c",
            "type": "kraken",
            "account": "a",
            "rest_url": "https://x",
            "ws_public_url": "wss://x",
            "ws_private_url": "wss://x",
            "key_credential": "k",
            "secret_credential": "s",
        }
    )
    return EnvironmentSpec(
        environment_id="e",
        mode="paper",
        operation_id="o",
        connector=connector,
        liveness=Liveness(),
        reconcile=Reconcile(),
        reconcile_every_s=300,
        limits=Limits(),
        symbols=(),
    )


def test_configuration_and_core_have_the_same_defaults() -> None:
    factory = EnvironmentFactory(spec())
    assert factory.rules() == RULES
    settings = factory.kraken()
    known = KrakenSettings(settings.endpoints, ())
    assert settings == known


def test_a_lost_order_has_reached_its_end_before_it_is_called_lost() -> None:
    assert RULES.grace_us >= RULES.visibility_us + RULES.clock_error_us
    assert RULES.slow_grace_us >= RULES.grace_us
    assert RULES.look_spacing_us >= RULES.visibility_us


def test_an_old_decision_never_leaves_and_a_fresh_one_can() -> None:
    assert RULES.decision_age_max_us == 2 * SECOND
    assert RULES.decision_age_max_us + RULES.deadline_margin_us < RULES.deadline_for_us
    assert WatchdogLimits().late_us <= RULES.decision_age_max_us
    assert RULES.decision_age_max_us >= health.WRITER_AGE_GATE_US


def test_the_answer_is_awaited_until_the_deadline() -> None:
    submit = micros(spec().connector.submit_timeout_s)
    assert submit >= RULES.deadline_for_us


def test_the_lease_outlives_an_order_and_is_renewed_in_time() -> None:
    assert RULES.lease_us > RULES.deadline_for_us
    renewed = RULES.lease_us * 2 // 5
    rest = int(KrakenSettings.__struct_defaults__[3] * SECOND)  # rest_timeout_s
    assert KrakenSettings.__struct_fields__[-3] == "rest_timeout_s"
    assert renewed + rest < RULES.lease_us


def test_renewing_the_lease_leaves_points_for_looks() -> None:
    starter = TIERS["starter"]
    spent = SECOND / (RULES.lease_us * 2 / 5)
    assert spent < starter.decay_per_s / 3
    look = 1 + sum(CALL_COSTS[name] for name in ("ClosedOrders", "TradesHistory"))
    balances = 1 + 2 * CALL_COSTS["Ledgers"]
    assert look + balances <= starter.points_max - RateBudget(starter).reserve


def test_silence_is_noticed_before_the_source_documents_ceiling() -> None:
    assert LINE.ping_after_s < LINE.silence_max_s <= 30
    assert Liveness.model_fields["silence_max_s"].metadata[-1].le == 30
    assert RULES.connection_lost_attempts == LINE.attempts_max == 5


def test_reconnecting_never_reaches_the_exchanges_ban() -> None:
    backoff = LINE.backoff
    assert (backoff.first_s, backoff.most_s) == (1, 60)
    assert LINE.connects_window_s == 600
    assert 2 * LINE.connects_max <= 150 - 10  # two lines, and some starts of the process


def test_the_watchdog_is_fed_often_enough_and_never_by_the_dead() -> None:
    watchdog_us = UNIT.watchdog_s * SECOND
    assert watchdog_us == 30 * SECOND
    assert watchdog_us / PINGS_PER_TIMEOUT >= engine_settings.PROBE_EVERY_US
    assert engine_settings.PROBE_EVERY_US <= health.PROBE_AGE_MAX_US < watchdog_us
    assert (health.WRITER_AGE_GATE_US, health.WRITER_AGE_MAX_US) == (2 * SECOND, 60 * SECOND)


def test_a_clean_stop_ends_before_the_supervisor_loses_patience() -> None:
    awaited_s = operation_service.STOP_WAIT_US / SECOND
    assert awaited_s + jsonl_persistor.CLOSE_S < UNIT.stop_s == 45
    assert awaited_s > (RULES.deadline_for_us + RULES.grace_us + RULES.look_spacing_us) / SECOND


def test_waiting_for_a_lock_asks_for_time_before_it_runs_out() -> None:
    assert main.LOCK_WAIT_S == 60
    assert bootstrap.LOCK_EXTEND_US > 2 * SECOND
    assert main.LOCK_WAIT_S < UNIT.start_s == 90


def test_restarts_pause_like_the_unit_and_give_up() -> None:
    policy = restart.RestartPolicy()
    assert (policy.delay_first_s, policy.delay_max_s) == (1, 60)
    assert policy.crashes_max == 10


def test_the_price_band_is_wider_than_the_shipped_slippage() -> None:
    assert RULES.price_band > Decimal("0.002")

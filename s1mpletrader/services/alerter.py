"""Where does an alert go?

Thin: every alert is one line of the log, with its name and level. The outbox and its channels
take its place without a change for those who raise alerts.
"""

import logging

from s1mpletrader.model.records import AlertRaised

_log = logging.getLogger(__name__)

LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


def tell(alert: AlertRaised) -> None:
    """Tell a person by the log; called once the alert's group is durable (SAFETY J2)."""
    _log.log(LEVELS[alert.level], "%s", alert.text, extra={"event": alert.name.upper()})

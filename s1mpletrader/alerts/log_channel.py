"""How does an alert get into the log?"""

import logging

from s1mpletrader.alerts.messages import message
from s1mpletrader.model.inputs import Stamp
from s1mpletrader.model.records import AlertRaised

LOGGER = logging.getLogger(__name__)
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "critical": logging.CRITICAL}


class LogChannel:
    """The channel that is always there; implements `ports.AlertChannel`."""

    async def send(self, alert: AlertRaised, stamp: Stamp) -> None:
        """Write one line; an unknown level is taken for critical."""
        known = message(alert.name)
        LOGGER.log(
            _LEVELS.get(alert.level, logging.CRITICAL),
            "%s: %s",
            known.subject,
            alert.text,
            extra={
                "event": f"ALERT_{alert.name.upper()}",
                "input": stamp.number,
                "what_to_do": known.what_to_do,
            },
        )

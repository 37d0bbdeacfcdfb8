"""What has happened, for somebody who reads the log at night?

One event, one line, as the groups tell them; market data and routine leave none. The service
manager's one line about the present follows the gate (SAFETY W3). Decides nothing.
"""

import logging

from s1mpletrader.core.trader import Trader
from s1mpletrader.model import inputs, records
from s1mpletrader.model.groups import Group
from s1mpletrader.ports import ServiceManager

_log = logging.getLogger(__name__)


class Narrator:
    """Observes the groups of one run."""

    def __init__(self, trader: Trader, notifier: ServiceManager) -> None:
        self._trader = trader
        self._notifier = notifier

    def observe(self, group: Group) -> None:
        """Tell what is worth telling of a group."""
        match group.input:
            case inputs.ConnectionChanged(_, state, attempts, why):
                level = logging.INFO if state in {"up", "subscribed"} else logging.WARNING
                text = f"the connection is {state}{': ' if why else ''}{why}"
                self._tell(level, "CONNECTION", text, attempts=attempts)
            case inputs.ExchangeStatus(status, detail):
                text = f"the exchange is {status}{': ' if detail else ''}{detail}"
                self._tell(logging.INFO, "EXCHANGE_STATUS", text)
            case inputs.RunStarted(epoch=epoch):
                self._tell(logging.INFO, "RUN_STARTED", f"the run begins as epoch {epoch}")
            case _:
                pass  # routine
        for record in group.records:
            self._tell_record(record)
        if any(isinstance(each, records.HaltSet | records.HaltCleared) for each in group.records):
            self._show_gate()

    def _tell_record(self, record: records.Record) -> None:
        match record:
            case records.HaltSet(reason, scope, by, why):
                text = f"entries are halted ({reason}, {scope}): {why}"
                self._tell(logging.WARNING, "HALT_SET", text, by=by)
            case records.HaltCleared(reason, scope, by, why):
                self._tell(logging.INFO, "HALT_CLEARED", f"{reason} ({scope}): {why}", by=by)
            case records.Discrepancy(kind, subject, found, expected, action):
                text = f"{subject}: {found}; the books said {expected}: {action}"
                self._tell(logging.CRITICAL, "DISCREPANCY", text, kind=kind)
            case records.TradeOpened(trade_id, link, symbol):
                text = f"{link} opened a trade of {symbol}"
                self._tell(logging.INFO, "TRADE_OPENED", text, trade_id=trade_id)
            case records.TradeClosed(trade_id, cause, profit, fees):
                text = f"profit {profit}, fees {fees}: {cause}"
                self._tell(logging.INFO, "TRADE_CLOSED", text, trade_id=trade_id)
            case records.OpportunityRejected(opportunity_id, _, _, rule, reason):
                text = f"an opportunity was rejected ({rule}): {reason}"
                self._tell(logging.INFO, "REJECTED", text, opportunity_id=opportunity_id)
            case records.WentUnknown(client_id, why):
                text = f"nobody knows whether the exchange has the order: {why}"
                self._tell(logging.WARNING, "ORDER_IN_DOUBT", text, client_id=client_id)
            case records.NotPlaced(client_id, why) | records.NotSent(client_id, why):
                text = f"the order never reached the exchange: {why}"
                self._tell(logging.WARNING, "ORDER_NOT_PLACED", text, client_id=client_id)
            case records.Rejected(client_id, code):
                text = f"the exchange refused the order: {code}"
                self._tell(logging.WARNING, "ORDER_REFUSED", text, client_id=client_id)
            case _:
                pass  # the journal has it

    def _show_gate(self) -> None:
        if self._trader.memory.is_stopping:
            return  # the stop has said its own line
        halts = self._trader.books.halts.values()
        reasons = "; ".join(f"{halt.reason} ({halt.scope}): {halt.why}" for halt in halts)
        self._notifier.status(f"up, NOT trading: {reasons}" if reasons else "trading")

    def _tell(self, level: int, event: str, text: str, **fields: object) -> None:
        _log.log(level, "%s", text, extra={"event": event, **fields})

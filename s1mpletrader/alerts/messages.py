"""What does each alert mean, and what can the person who reads it do?

One table for logs, e-mail, Telegram and the runbook. `AlertRaised.name` is the key; its text says
what happened this time. A name that is missing here is still delivered, and a test finds it.
"""

from s1mpletrader.model.base import Value

LEVELS = ("info", "warning", "critical")


class Message(Value, frozen=True):
    """One kind of alert."""

    name: str
    level: str
    """How it is usually raised; the alert itself says how this time."""
    subject: str
    body: str
    """What it means, in general."""
    what_to_do: str


MESSAGES = (
    Message(
        "halted",
        "critical",
        "Trading is halted",
        "No entry leaves until the reason is gone. Stops stay at the exchange, exits go on.",
        "s1mpletrader status names the reason; when it is understood: s1mpletrader resume",
    ),
    Message(
        "connection_lost",
        "critical",
        "The exchange does not answer",
        "Several attempts to connect have failed. Nothing is known of what happens there; the"
        " stops that rest at the exchange guard what is held.",
        "Look at the exchange's status page and at this host's network; the engine keeps trying.",
    ),
    Message(
        "discrepancy",
        "critical",
        "The books and the exchange differed",
        "Reconciliation found a difference and did what its table says; the record holds both"
        " sides and the evidence.",
        "s1mpletrader reconcile, then s1mpletrader orders and positions",
    ),
    Message(
        "exit_failing",
        "critical",
        "A position cannot be closed",
        "The exit has been tried again and again. It goes on every 30 s and is never given up.",
        "Close it at the exchange by hand if it must be now; the engine will find and book it.",
    ),
    Message(
        "unprotected",
        "critical",
        "A holding has no stop at the exchange",
        "A stop could not be placed or is gone. The engine places it again, and closes the holding"
        " if that fails.",
        "s1mpletrader positions; watch it until a stop shows.",
    ),
    Message(
        "quarantined",
        "critical",
        "A worker is quarantined",
        "A plugin raised, hung or broke its contract. Its link takes no entries; its position and"
        " stop are cared for.",
        "Read the traceback in the log, mend the plugin, then s1mpletrader resume LINK",
    ),
    Message(
        "fenced",
        "critical",
        "Another instance speaks for this account",
        "This engine has stopped for good: two engines on one account would double orders.",
        "Find the other one; stop one of the two; never copy a state directory.",
    ),
    Message(
        "crashed",
        "warning",
        "The engine was restarted after a crash",
        "The books were restored from the journal and compared with the exchange before trading.",
        "The log holds the cause; s1mpletrader status shows that it agrees.",
    ),
    Message(
        "storage",
        "critical",
        "The disk does not take what must be durable",
        "Entries have stopped. Room is claimed ahead for exits and halts.",
        "df -h, and the kernel's log for errors of the device.",
    ),
    Message(
        "stopped",
        "info",
        "The engine has stopped",
        "A clean stop: no entry rests, stops stay at the exchange and guard what is held.",
        "The last log line names each position and its stop.",
    ),
    Message(
        "dust",
        "warning",
        "A remainder is too small to trade",
        "What is left of a trade is below the exchange's minimum; it is booked as dust.",
        "Nothing; or sell it at the exchange together with other coins.",
    ),
    Message(
        "trade_closed",
        "info",
        "A trade was closed",
        "The exit is complete and booked.",
        "s1mpletrader why ID tells its whole story.",
    ),
)
_BY_NAME = {each.name: each for each in MESSAGES}


def message(name: str) -> Message:
    """Return the table's entry, or a plain one for a name that is not in it."""
    return _BY_NAME.get(name) or Message(
        name, "critical", name.replace("_", " "), "", "s1mpletrader status"
    )

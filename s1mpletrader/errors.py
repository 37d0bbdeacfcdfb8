"""What can go wrong, and what does the program do about it?

One class per reaction. The exit codes are the contract with systemd and the supervisor
(`packaging/systemd`, `run_supervisor.py`); 65, 78 and 79 are never restarted::

    S1mpleTraderError
    ├── ConfigurationError      78  refused before anything starts; every problem is listed
    │   └── PluginError             a plugin that breaks its contract at load
    ├── StateError
    │   ├── StateCorrupt        65  a person must look; nothing is overwritten
    │   ├── StateRollback       65  the disk shows an older state than was acknowledged
    │   ├── StateTooNew         65  written by a newer version of this program
    │   ├── StateEncodeError    70  a value cannot be stored; nothing on disk was touched
    │   ├── StateWriteError         no room; the old state is intact, entries stop, retried
    │   └── StoragePoisoned     74  an fsync failed; only a fresh process knows what the disk has
    ├── Locked                  75  another process owns the directory or the account
    ├── Fenced                  79  another instance speaks for this account: stop for good
    ├── PermissionDenied        77  the operating system says no
    ├── ExchangeError
    │   ├── ExchangeUnavailable 69  no answer: assume nothing, ask again later
    │   ├── ExchangeRefused         a known refusal of a read (bad arguments, permissions)
    │   └── ExchangeProtocolError   an answer that cannot be read: the connection is dropped
    ├── NotRunning               3  a client verb found no engine
    ├── UsageError               2  asked for something that is not there
    └── InternalError           70  a rule of this program is broken: stop, keep the evidence
        ├── IllegalTransition       an order event that its status does not allow
        └── EventBudgetExceeded     one input caused more events than allowed (a wiring loop)
"""


class S1mpleTraderError(Exception):
    """The root; `exit_code` is what the process ends with if nobody reacts."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep what happened (`message`) and what the operator can do (`hint`)."""
        super().__init__(message)
        self.hint = hint


class ConfigurationError(S1mpleTraderError):
    """The configuration is refused; nothing was started."""

    exit_code = 78


class PluginError(ConfigurationError):
    """A plugin breaks its contract: manifest, worker class, handler or DTO."""


class StateError(S1mpleTraderError):
    """Something about stored state."""

    exit_code = 65


class StateCorrupt(StateError):
    """Stored bytes are not what was written; a person must look."""


class StateRollback(StateError):
    """The disk shows less than what was acknowledged as durable."""


class StateTooNew(StateError):
    """The state was written by a newer version of this program."""


class StateEncodeError(StateError):
    """A value cannot be stored; the disk was not touched."""

    exit_code = 70


class StateWriteError(StateError):
    """The disk refused the write (no room, quota); the previous state is intact."""

    exit_code = 74


class StoragePoisoned(StateError):
    """An fsync failed; what is on disk is unknown to this process (SAFETY J6)."""

    exit_code = 74


class Locked(S1mpleTraderError):
    """Another process holds the lock."""

    exit_code = 75


class Fenced(S1mpleTraderError):
    """Another instance speaks for this account; this one must never speak again (SAFETY F3)."""

    exit_code = 79


class PermissionDenied(S1mpleTraderError):
    """The operating system refused access."""

    exit_code = 77


class ExchangeError(S1mpleTraderError):
    """Something about the exchange."""

    exit_code = 69


class ExchangeUnavailable(ExchangeError):
    """The exchange did not answer; nothing may be concluded from that."""


class ExchangeRefused(ExchangeError):
    """The exchange answered with a known refusal; `code` is its own string."""

    def __init__(self, code: str, *, hint: str = "") -> None:
        """Keep the exchange's error string as `code`."""
        super().__init__(f"the exchange refused: {code}", hint=hint)
        self.code = code


class ExchangeProtocolError(ExchangeError):
    """The exchange sent something that cannot be read; the connection is dropped."""


class NotRunning(S1mpleTraderError):
    """No engine answers on the control socket."""

    exit_code = 3


class UsageError(S1mpleTraderError):
    """A person asked for something that does not exist here."""

    exit_code = 2


class InternalError(S1mpleTraderError):
    """A rule of this program is broken."""

    exit_code = 70


class IllegalTransition(InternalError):
    """An order was told something its status does not allow."""


class EventBudgetExceeded(InternalError):
    """One input caused more events than the budget allows."""

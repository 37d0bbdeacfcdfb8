"""What does one event look like as one line?"""

import json
import logging
import re
from collections.abc import Iterable
from datetime import UTC, datetime

from s1mpletrader.model.base import SECOND
from s1mpletrader.ports import Clock

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_NAME = re.compile(
    r"secret|passw|token|api_?key|private_?key|signature|credential", re.IGNORECASE
)
_PLAIN = re.compile(r"[A-Za-z0-9_.:/@+,\-]+")
_PRIORITY = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6}
HIDDEN = "[hidden]"
SECRET_LENGTH_MIN = 6
"""Shorter values are not registered: they would blank out ordinary words."""
DEFAULT_EVENT = "LOG"


class LineFormatter(logging.Formatter):
    """Common part: the time comes from the clock, secrets are taken out of the finished line."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Iterable[str]) -> None:
        """Blank these values, and how JSON would spell them, in every later line."""
        found = {each for each in secrets if len(each) >= SECRET_LENGTH_MIN}
        found |= {json.dumps(each)[1:-1] for each in found}
        self._secrets = tuple(sorted({*self._secrets, *found}, key=len, reverse=True))

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its newline."""
        line = self.line(record, fields_of(record))
        for secret in self._secrets:
            line = line.replace(secret, HIDDEN)
        return line

    def dropped_line(self, missing: int) -> str:
        """Return the line that says how many lines are missing before it."""
        text = f"{missing} log lines were dropped: nobody read them fast enough"
        record = logging.makeLogRecord(
            {"name": "log", "levelno": logging.WARNING, "levelname": "WARNING", "msg": text}
        )
        fields: dict[str, object] = {"event": "LOG_RECORDS_DROPPED", "count": missing}
        return self.line(record, fields) + "\n"

    def line(self, record: logging.LogRecord, fields: dict[str, object]) -> str:
        """Spell one event; implemented by the two formats."""
        raise NotImplementedError

    def moment(self) -> str:
        """Return now as RFC 3339 in UTC with milliseconds."""
        now = datetime.fromtimestamp(self._clock.wall_us() / SECOND, UTC)
        return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


class TextLines(LineFormatter):
    """For people: time, level, event, sentence, fields as key=value.

    `to_journal`: journald knows the time and wants the priority in front (sd-daemon(3)).
    """

    def __init__(self, clock: Clock, *, to_journal: bool = False) -> None:
        super().__init__(clock)
        self._to_journal = to_journal

    def line(self, record: logging.LogRecord, fields: dict[str, object]) -> str:
        """Spell one event as text."""
        event = fields.pop("event", DEFAULT_EVENT)
        pairs = "".join(f" {name}={_plain(value)}" for name, value in fields.items())
        sentence = " ".join(record.getMessage().splitlines())
        tail = f"event={event} {sentence}{pairs}"
        if self._to_journal:
            return f"<{_PRIORITY.get(record.levelno, 7)}>{tail}"
        return f"{self.moment()} {record.levelname:<8} {tail}"


class JsonLines(LineFormatter):
    """For machines: one object per line."""

    def line(self, record: logging.LogRecord, fields: dict[str, object]) -> str:
        """Spell one event as JSON."""
        event = fields.pop("event", DEFAULT_EVENT)
        head = {
            "time": self.moment(),
            "level": record.levelname.lower(),
            "event": event,
            "text": record.getMessage(),
            "logger": record.name,
        }
        return json.dumps({**fields, **head}, default=str, ensure_ascii=False)


def fields_of(record: logging.LogRecord) -> dict[str, object]:
    """Return what the caller gave as `extra`, and a traceback if there is one."""
    fields = {
        name: HIDDEN if _SECRET_NAME.search(name) else value
        for name, value in vars(record).items()
        if name not in _STANDARD
    }
    if record.exc_info and record.exc_info[0] is not None:
        fields["error"] = record.exc_info[0].__name__
        fields["traceback"] = logging.Formatter().formatException(record.exc_info)
    return fields


def _plain(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)

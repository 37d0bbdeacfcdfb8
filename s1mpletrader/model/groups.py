"""What is the unit of the journal?"""

from s1mpletrader.model.base import Value
from s1mpletrader.model.inputs import Input, Stamp
from s1mpletrader.model.records import Record


class Group(Value, frozen=True):
    """One input with the records it caused; whole or it never was (SAFETY J1)."""

    stamp: Stamp
    input: Input
    records: tuple[Record, ...] = ()

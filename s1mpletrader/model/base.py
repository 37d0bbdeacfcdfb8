"""What do all values share?"""

from typing import NewType

import msgspec

Micros = NewType("Micros", int)
"""A moment (microseconds since 1970-01-01 UTC) or, where a name ends in `_for_us`, a duration."""

SECOND = 1_000_000
"""Microseconds in a second."""


class Value(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """An immutable value of scalars, tuples and other values.

    `gc=False` is safe because values are acyclic; unknown fields are refused when decoding, so
    that a record written by a newer version is noticed instead of half-read.
    """

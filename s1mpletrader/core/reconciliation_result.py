"""What did one look lead to, in one value?

Read from the look's group, live and from the journal alike, so that the console, the metrics and
the verbs tell of the same thing.
"""

from collections import Counter
from collections.abc import Mapping

from s1mpletrader.model import inputs, records
from s1mpletrader.model.base import Micros, Value
from s1mpletrader.model.discrepancies import DiscrepancyKind
from s1mpletrader.model.groups import Group
from s1mpletrader.model.looks import Complete


class ReconciliationResult(Value, frozen=True):
    """The outcome of one look; a look that is not complete proves nothing and has none."""

    began_us: Micros
    agrees: bool
    """Whether it opened the gate, or would have (SAFETY D3)."""
    discrepancies: tuple[records.Discrepancy, ...]

    @property
    def counts(self) -> Mapping[DiscrepancyKind, int]:
        """Return how many there were of each kind that occurred."""
        return Counter(each.kind for each in self.discrepancies)


def result_of(group: Group) -> ReconciliationResult | None:
    """Return what the group's look led to, None where it holds no complete look."""
    event = group.input
    if not isinstance(event, inputs.LookTaken) or not isinstance(event.look, Complete):
        return None
    return result_of_look(event.look, group.records)


def result_of_look(look: Complete, found: tuple[records.Record, ...]) -> ReconciliationResult:
    """Return what `look` led to, by the records that were written because of it."""
    return ReconciliationResult(
        began_us=look.began_us,
        agrees=any(isinstance(each, records.LookAgreed) for each in found),
        discrepancies=tuple(each for each in found if isinstance(each, records.Discrepancy)),
    )

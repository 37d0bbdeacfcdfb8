"""Can a wrong answer be written?"""

import pytest

from s1mpletrader.plugin import Disposition, DispositionEnvelope


def test_publish_carries_its_event() -> None:
    envelope = DispositionEnvelope.publish("event")
    assert (envelope.disposition, envelope.event) == (Disposition.PUBLISH, "event")


@pytest.mark.parametrize(
    ("envelope", "disposition"),
    [
        (DispositionEnvelope.proceed(), Disposition.CONTINUE),
        (DispositionEnvelope.stop(), Disposition.STOP),
    ],
)
def test_the_others_carry_none(envelope: DispositionEnvelope, disposition: Disposition) -> None:
    assert (envelope.disposition, envelope.event) == (disposition, None)


def test_publish_without_an_event_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="only PUBLISH has one"):
        DispositionEnvelope.publish(None)
    with pytest.raises(TypeError, match="only PUBLISH has one"):
        DispositionEnvelope(Disposition.PUBLISH)


@pytest.mark.parametrize("disposition", [Disposition.CONTINUE, Disposition.STOP])
def test_an_event_with_another_answer_cannot_be_written(disposition: Disposition) -> None:
    with pytest.raises(TypeError, match="only PUBLISH has one"):
        DispositionEnvelope(disposition, "event")

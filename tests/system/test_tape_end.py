"""Does everybody say so when the tape is over?"""

import pytest

from tests.rig.asking import wait_for
from tests.rig.processes import Rig

HOURS = 20_111
"""Of the bundled tape."""
LEFT = 40


@pytest.mark.slow
def test_the_end_of_the_tape_is_told_and_changes_nothing_else(rig: Rig) -> None:
    rig.start_exchange("--paused", "--start-bar", str(HOURS - LEFT), "--speed", "100000")
    rig.configure(lease_s=1.1)
    rig.start_engine()
    rig.wait_trading()
    assert rig.ask("status")["feed"]["detail"] == ""
    rig.control.resume()
    wait_for("the end of the tape", lambda: rig.control.clock().tape_ended, 20)
    rig.wait_status(lambda found: bool(found["feed"]["detail"] == "tape ended"))
    status = rig.run("status")
    assert status.code == 0
    assert "tape ended" in status.said
    rig.wait_equal()
    assert rig.stop_engine() == 0
    rig.start_engine()
    rig.wait_status(lambda found: bool(found["feed"]["detail"] == "tape ended"))

"""What time is it, and what is left to chance?"""

import time

from s1mpletrader.host import dice
from s1mpletrader.host.clock import SystemClock


def test_the_clocks_tell_microseconds_and_the_monotonic_ones_never_run_backwards() -> None:
    clock = SystemClock()
    assert abs(clock.wall_us() - time.time() * 1e6) < 1e6
    moments = [clock.monotonic_us() for _ in range(1000)]
    assert moments == sorted(moments)
    assert clock.boottime_us() >= clock.monotonic_us() - 1_000_000


def test_dice_stay_in_their_bounds() -> None:
    assert all(0 <= dice.jitter() < 1 for _ in range(1000))
    assert all(0 <= dice.start_bits() < 1 << 16 for _ in range(1000))
    seeds = {dice.run_seed() for _ in range(1000)}
    assert len(seeds) == 1000
    assert max(seeds) < 1 << 63

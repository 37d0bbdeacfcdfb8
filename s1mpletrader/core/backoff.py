"""How long should a failed attempt wait before the next one?"""

from s1mpletrader.model.base import Value


class Backoff(Value, frozen=True):
    """Doubling waits: 1, 2, 4 ... 60 s, shortened by jitter (E2)."""

    first_s: float = 1.0
    most_s: float = 60.0

    def delay_s(self, attempt: int, jitter: float) -> float:
        """Return the wait in seconds before attempt number `attempt` (1 is the first retry).

        `jitter` in [0, 1) is drawn by the caller; it takes away up to half of the wait, so that
        many clients of a restarted exchange do not return together. Any `attempt` is allowed.
        """
        # 2.0 ** 1024 overflows; long before that the wait is capped anyway
        doublings = min(max(attempt - 1, 0), 64)
        full = min(self.first_s * 2.0**doublings, self.most_s)
        return full * (1 - min(max(jitter, 0.0), 1.0) / 2)

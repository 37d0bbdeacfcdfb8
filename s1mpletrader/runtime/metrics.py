"""How busy was a link?"""

from dataclasses import dataclass


@dataclass(slots=True)
class MetricsCollector:
    """Counters since the start, owned by one `LinkRuntime`; nothing depends on them."""

    ticks_processed: int = 0
    events_published: int = 0
    workers_executed: int = 0
    cache_hits: int = 0
    cache_misses: int = 0
    validation_errors: int = 0

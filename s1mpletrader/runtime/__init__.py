"""One tick, in memory: synchronous and deterministic."""

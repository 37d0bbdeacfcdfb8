"""Real processes: an exchange, an engine, and the comparison of their books."""

"""The three layers of configuration as values, and what they must satisfy: pure."""

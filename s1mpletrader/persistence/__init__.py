"""What is kept: the journal, workers' states, checkpoints, identity, market data."""

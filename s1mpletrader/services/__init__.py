"""Loops: each keeps one thing going and decides nothing that `core` could decide."""

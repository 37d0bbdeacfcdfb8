"""Decisions: no I/O, no clock, no dice. Time, ids and randomness are arguments."""

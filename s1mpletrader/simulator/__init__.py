"""How does an exchange behave towards a client, seen from the exchange's side?

A program of its own: it shares only matching, `durable`, values and errors with the engine, so
that it cannot share the engine's mistakes.
"""

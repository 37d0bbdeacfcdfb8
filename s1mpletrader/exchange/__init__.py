"""How does the engine talk to an exchange?"""

"""Real engines against real exchanges that misbehave, judged after every fault."""

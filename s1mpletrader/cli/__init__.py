"""The command line; verbs that only ask import nothing of the engine."""

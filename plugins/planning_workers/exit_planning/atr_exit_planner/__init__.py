"""The plugin `atr_exit_planner`: see manifest.yaml."""

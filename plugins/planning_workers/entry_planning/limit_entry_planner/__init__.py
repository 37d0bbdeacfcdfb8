"""The plugin `limit_entry_planner`: see manifest.yaml."""

"""The plugin `default_plan_executor`: see manifest.yaml."""

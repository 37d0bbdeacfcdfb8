"""The plugin `connection_monitor`: see manifest.yaml."""

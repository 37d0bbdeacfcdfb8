"""The plugin `ema_detector`: see manifest.yaml."""

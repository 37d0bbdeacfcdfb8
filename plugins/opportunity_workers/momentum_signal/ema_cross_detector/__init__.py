"""The plugin `ema_cross_detector`: see manifest.yaml."""

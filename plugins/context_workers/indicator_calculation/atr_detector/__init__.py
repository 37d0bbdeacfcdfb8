"""The plugin `atr_detector`: see manifest.yaml."""

"""The plugin `fixed_risk_sizer`: see manifest.yaml."""

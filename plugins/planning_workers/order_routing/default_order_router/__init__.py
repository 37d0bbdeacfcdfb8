"""The plugin `default_order_router`: see manifest.yaml."""

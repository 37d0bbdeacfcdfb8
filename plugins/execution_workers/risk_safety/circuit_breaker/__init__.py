"""The plugin `circuit_breaker`: see manifest.yaml."""

"""Makes the standard `TradingHalted`; has no DTO of its own."""

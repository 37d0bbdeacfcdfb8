"""Makes the standard `CriticalEvent`; has no DTO of its own."""

"""Makes the standard `SizePlan`; has no DTO of its own."""

"""Makes the standard `ExitPlan`; has no DTO of its own."""

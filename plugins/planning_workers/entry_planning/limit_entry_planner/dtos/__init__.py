"""Makes the standard `EntryPlan`; has no DTO of its own."""

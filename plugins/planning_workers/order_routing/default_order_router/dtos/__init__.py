"""Makes the standard `RoutedTradePlan`; has no DTO of its own."""

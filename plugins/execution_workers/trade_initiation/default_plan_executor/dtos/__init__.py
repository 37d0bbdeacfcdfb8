"""Acts on the standard plans; has no DTO of its own."""

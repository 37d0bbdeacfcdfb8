"""Values: immutable, comparable, without behaviour that touches the world."""

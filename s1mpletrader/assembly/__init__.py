"""The composition root: the only room that knows concrete classes."""

"""WHAT happens: one procedure a file, no classes, no helpers."""

"""Fields of rekey's own blocks."""

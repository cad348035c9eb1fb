"""The source of truth for every pair, and what is in flight in it."""

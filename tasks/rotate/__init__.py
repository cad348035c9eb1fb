"""The steps of a rotation, and what only they use."""

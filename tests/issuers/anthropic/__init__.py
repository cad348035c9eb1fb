"""Anthropic: an end that can be taken back for a day, and is one for good after that."""

"""Vaults of tests: what holds of every kind."""

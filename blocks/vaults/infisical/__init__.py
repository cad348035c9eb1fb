"""Infisical, the vault."""

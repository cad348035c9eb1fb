"""Tests of HashiCorp Vault as a vault, and of its simulated twin."""

"""Tests of the client of Infisical, and of its simulated twin."""

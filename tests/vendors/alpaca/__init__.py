"""Tests of the client of Alpaca, and of its simulated twin."""

"""Tests of the client of Raptor, and of its simulated twin."""

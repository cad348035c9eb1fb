"""Tests of the client of GitHub, and of its simulated twin."""

"""Tests of the client of Slack, and of its simulated twin."""

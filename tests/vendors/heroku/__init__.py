"""Tests of the client of Heroku, and of its simulated twin."""

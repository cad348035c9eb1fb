"""Tests of the rules of Alpaca, one file a rule."""

"""Tests, by concern."""

"""Tests of the sealed file as a vault."""

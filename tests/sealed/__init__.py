"""Sealed entry: keys, envelope and plan."""

"""Incidents: somebody may know what only consumers should."""

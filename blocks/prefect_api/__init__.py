"""Prefect as rekey uses it: runs, pages, blocks, events, and its door."""

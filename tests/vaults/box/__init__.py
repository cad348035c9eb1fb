"""A vault of tests that no part of rekey names: its block, its client and its twin."""

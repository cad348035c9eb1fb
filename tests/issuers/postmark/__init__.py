"""Postmark: three slots, a person makes and deletes, and nothing is down meanwhile."""

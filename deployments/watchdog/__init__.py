"""Watches watch from outside of Prefect: by the ledger, by its own clock, and by what it remembers of the last look."""

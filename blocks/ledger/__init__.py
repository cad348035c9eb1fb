"""The append-only, hash-chained record of everything that rekey did and saw, and what is read from it."""

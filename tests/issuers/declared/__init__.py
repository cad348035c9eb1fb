"""A vendor that the catalog declares: its table, what it proves, and one whole rotation."""

"""rekey's own client of the vault: what it reads and what it writes."""

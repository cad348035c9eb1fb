"""What else the vault does with a pair: other places, writers of its own, and changes by somebody else."""

"""What every run has: its turn, its policies, its questions, and whom it notifies."""

"""Who holds a copy of a pair: how each is given a new one, and how drift is seen."""

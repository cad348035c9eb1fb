"""Who holds a copy of a pair."""

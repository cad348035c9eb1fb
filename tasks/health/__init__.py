"""Health: would a rotation work now? The same questions as a rotation asks, and nothing changed."""

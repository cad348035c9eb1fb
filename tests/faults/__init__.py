"""Every vendor call of a live rotation, failing in every way: what a rotation makes of it, and what never happens."""

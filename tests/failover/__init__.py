"""Each kind of process of a production is killed at five points of a live rotation."""

"""A file of NAME=value lines on the machine on which rekey runs: a local ``.env``."""

"""The files with which rekey is run elsewhere."""

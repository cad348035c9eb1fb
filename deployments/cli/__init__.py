"""The command line: ``rekey --help``."""

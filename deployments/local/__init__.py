"""The whole of rekey on one machine."""

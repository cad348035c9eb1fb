"""The rules that every kind has to keep."""

"""The twin of GitHub alone: the vendor's own clients and documented answers."""

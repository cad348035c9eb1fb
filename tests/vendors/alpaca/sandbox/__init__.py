"""The twin of Alpaca alone: the vendor's own clients and documented answers."""

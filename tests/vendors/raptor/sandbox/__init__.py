"""The twin of Raptor alone: the vendor's own clients and documented answers."""

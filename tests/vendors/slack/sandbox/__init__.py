"""The twin of Slack alone: the vendor's own clients and documented answers."""

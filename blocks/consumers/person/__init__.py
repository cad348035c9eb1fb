"""A person with a local copy, told by Slack."""

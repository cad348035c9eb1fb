"""Render: the environment variables of a service."""

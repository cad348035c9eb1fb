"""Anthropic: API keys, which a person makes, and which its Admin API makes inactive and archives."""

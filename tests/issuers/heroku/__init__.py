"""Tokens of Heroku, rekey's own: its API makes one and ends one."""

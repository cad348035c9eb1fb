"""Heroku: the config vars of an app."""

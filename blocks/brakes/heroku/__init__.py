"""A brake that is a config var of a Heroku app."""

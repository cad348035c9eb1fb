"""The twin of Heroku alone: the vendor's own clients and documented answers."""

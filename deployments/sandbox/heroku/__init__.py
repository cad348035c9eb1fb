"""The simulated Heroku."""

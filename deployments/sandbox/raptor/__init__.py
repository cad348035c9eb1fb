"""The simulated trading application on Heroku."""

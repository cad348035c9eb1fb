"""The simulated Infisical."""

"""A switch that a service of your own has, set and read by HTTP."""

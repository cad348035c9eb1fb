"""A simulated Render, as far as services, their variables and their deploys go."""

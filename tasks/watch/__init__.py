"""Watch: each minute, what no run looks after."""

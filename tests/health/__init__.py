"""Health: scheduled dry runs, drift, age and sudden death."""

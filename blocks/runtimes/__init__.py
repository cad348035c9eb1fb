"""Who is asked what the running process uses."""

"""What stops trading: engaged, watched, and released."""

"""Amazon Web Services: signed requests, and what the vault and the copies there have in common."""

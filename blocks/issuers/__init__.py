"""Who mints a credential."""

"""A simulated HashiCorp Vault: a key/value engine, version 2, and AppRole logins."""

"""HashiCorp Vault, and OpenBao: the key/value secrets engine, version 2."""

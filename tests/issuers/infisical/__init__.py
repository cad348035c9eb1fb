"""Client secrets of an identity at Infisical, rekey's own: its API makes one and revokes one."""

"""Tokens of GitHub: a person makes one, rekey revokes the old one."""

"""Copies in AWS: a secret of Secrets Manager, or a parameter of Parameter Store."""

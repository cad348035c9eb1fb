"""AWS Secrets Manager as the vault."""

"""AWS as far as rekey, and whoever reads its copies, asks it: Secrets Manager and Parameter Store."""

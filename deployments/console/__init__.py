"""The operator's page: what waits for a person, where each rotation stands, and how every credential is."""

"""One vendor a file, one shape: a Prefect block with the credentials, a thin client, three-valued answers."""

"""A run in a pod of its own: Prefect's worker for Kubernetes, asking a cluster that is simulated on the loopback."""

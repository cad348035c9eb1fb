"""Kubernetes: a secret of a namespace, and the deployment whose pods read it."""

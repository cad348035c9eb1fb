"""Kubernetes: a deployment that is scaled to zero."""

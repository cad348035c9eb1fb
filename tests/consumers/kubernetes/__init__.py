"""Tests of a Kubernetes secret as a consumer, and of its twin."""

"""Tests of kinds of consumers, each by itself: without a Prefect server."""

"""Copies in AWS."""

"""Tests of a local .env file as a consumer."""

"""Tests of the rules of issuers: pure, without a server."""

"""Tests of what the steps are built from: catalog, settings, secret, errors, waiting, ledger."""

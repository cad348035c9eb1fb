"""WITH WHAT: settings, catalog, secrets, errors, the ledger and one file a vendor."""

"""Tests of an issuer whose old pair lives until it is revoked, with its simulated twin."""

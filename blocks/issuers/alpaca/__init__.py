"""Alpaca's Trading API v2: the issuer whose pairs only a human can mint."""

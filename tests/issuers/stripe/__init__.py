"""Stripe: an old key that dies by a clock, and whose death is proved then."""

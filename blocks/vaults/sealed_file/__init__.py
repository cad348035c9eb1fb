"""A vault for who has none: one sealed file on the one machine on which rekey runs."""

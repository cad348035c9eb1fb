"""Measurements: printed, never asserted, because the machines that run them are noisy."""

"""Tests of a service at Render as a consumer, and of its twin."""

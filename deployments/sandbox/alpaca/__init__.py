"""The simulated Alpaca: two API hosts and a dashboard."""

"""Measurements; each prints a table beside its baselines. `python -m bench [NAME ...]` runs them."""

"""Dated sets of thresholds."""

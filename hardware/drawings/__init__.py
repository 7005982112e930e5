"""Drawings and tables of both nodes, made from hardware/pins.py: `python -m hardware.drawings` writes them."""

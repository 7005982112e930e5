"""Devices that farms already own, in the bytes that they speak."""

"""Simulated probes: the bytes of the real ones, made of what a pond's water is and of what can go wrong."""

from hardware.twin.probes.crc import crc16
from hardware.twin.probes.probes import Probes
from hardware.twin.probes.senses import ProbeFaults, Senses

__all__ = ["ProbeFaults", "Probes", "Senses", "crc16"]

"""Virtual ESP32 boards that run unchanged MicroPython firmware on a PC."""

from hardware.twin.board.board import Board, Status
from hardware.twin.board.layout import CutMode, ResetCause
from hardware.twin.board.rack import Rack

__all__ = ["Board", "CutMode", "Rack", "ResetCause", "Status"]

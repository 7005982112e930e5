"""State file shared with the supervisor; the layout is described in layout.py."""

import os
import time

import vfs
from micropython import const

FLAGS = const(48)
ADC = const(96)
WDT_TIMEOUT = const(288)
WDT_FEEDS = const(292)
CUT_COUNTDOWN = const(296)
FLASH_OPERATIONS = const(300)
CUT_MODE = const(304)
RESET_CAUSE = const(305)
REQUEST = const(306)
READY = const(307)
UNIQUE_ID = const(308)
UART_WAITING = const(314)

REQUEST_RESET = const(1)
REQUEST_POWER_CUT = const(2)

host = vfs.VfsPosix(os.getenv("BOARD_DIRECTORY"))
state = host.open("/pins.bin", "r+b")

_byte = bytearray(1)
_word = bytearray(4)


def read_byte(offset):
    """Return one byte of the state file."""
    state.seek(offset)
    state.readinto(_byte)
    return _byte[0]


def write_byte(offset, value):
    """Store one byte in the state file."""
    _byte[0] = value
    state.seek(offset)
    state.write(_byte)


def read_word(offset):
    """Return a 32-bit little endian number of the state file."""
    state.seek(offset)
    state.readinto(_word)
    return int.from_bytes(_word, "little")


def write_word(offset, value):
    """Store a 32-bit little endian number in the state file."""
    state.seek(offset)
    state.write((value & 0xFFFFFFFF).to_bytes(4, "little"))


def park(request):
    """Ask the supervisor to kill this process and never return, as a chip would."""
    write_byte(REQUEST, request)
    while True:
        try:
            time.sleep(1)
        except KeyboardInterrupt:
            pass

"""Devices that the supervisor plays on the board's I2C and 1-Wire buses: a question goes out, an answer comes back."""

import select

from _board import host
from micropython import const

_ETIMEDOUT = const(110)
_LONGEST_MS = const(2000)

_status = bytearray(1)
_ends = []


def exchange(operation, address, data, answer):
    """Send `data` to the device and fill `answer`; OSError with the device's errno."""
    if not _ends:
        _ends.append(host.open("/bus.ask", "r+b"))
        _ends.append(host.open("/bus.answer", "r+b"))
        _ends.append(select.poll())
        _ends[2].register(_ends[1], select.POLLIN)
    ask, back, poll = _ends
    while poll.poll(0):
        back.readinto(_status)
    ask.write(bytes((operation, address, len(answer), len(data))) + bytes(data))
    if not poll.poll(_LONGEST_MS):
        raise OSError(_ETIMEDOUT)
    back.readinto(_status)
    if _status[0]:
        raise OSError(_status[0])
    if answer:
        back.readinto(answer)

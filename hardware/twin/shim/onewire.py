"""1-Wire bus of an ESP32; its devices are played by the supervisor."""

from _board import host
from _bus import exchange
from micropython import const

_RESET = const(2)
_WRITE = const(3)
_READ = const(4)
_COUNT = const(5)
_SCAN = const(6)

_byte = bytearray(1)


class OneWire:
    """Without a played bus nobody is present and every bit reads as 1."""

    def __init__(self, pin):
        self.pin = pin

    def reset(self, required=False):
        """Return whether a device is there."""
        return bool(_exchange(_RESET, b"")[0])

    def readbyte(self):
        """Return the next eight bits."""
        return _exchange(_READ, b"")[0]

    def writebyte(self, value):
        """Send eight bits."""
        _exchange(_WRITE, bytes((value,)))

    def select_rom(self, rom):
        """Address one device."""
        self.reset()
        for byte in b"\x55" + bytes(rom):
            self.writebyte(byte)

    def scan(self):
        """Return the ROM of every device."""
        roms = bytearray(8 * _exchange(_COUNT, b"")[0])
        if roms:
            _exchange(_SCAN, b"", roms)
        return [roms[at : at + 8] for at in range(0, len(roms), 8)]

    def crc8(self, data):
        """Return 0 when the data end in their CRC."""
        crc = 0
        for byte in data:
            for _ in range(8):
                crc = crc >> 1 ^ 0x8C if (crc ^ byte) & 1 else crc >> 1
                byte >>= 1
        return crc


def _exchange(operation, data, answer=_byte):
    with host.open("/i2c.bin", "rb") as file:
        played = file.read(1) == b"\xff"
    if not played:
        answer[0] = 0xFF if operation == _READ else 0
    else:
        exchange(operation, 0, data, answer)
    return answer

"""The flash chip: a block device on flash.img which can lose its power in any operation."""

from _board import (
    CUT_COUNTDOWN,
    CUT_MODE,
    FLASH_OPERATIONS,
    REQUEST_POWER_CUT,
    host,
    park,
    read_byte,
    read_word,
    write_word,
)
from micropython import const

BLOCK_SIZE = const(4096)
CUT_HALF = const(0)


def power_fails():
    """Count one operation of the flash; return whether the power fails in it."""
    write_word(FLASH_OPERATIONS, read_word(FLASH_OPERATIONS) + 1)
    left = read_word(CUT_COUNTDOWN)
    if left:
        write_word(CUT_COUNTDOWN, left - 1)
    return left == 1


def cuts_half():
    """Return whether a power cut leaves half of the operation it hits, or nothing."""
    return read_byte(CUT_MODE) == CUT_HALF


def lose_power():
    """Never return."""
    park(REQUEST_POWER_CUT)


class Flash:
    """What a file system is mounted on."""

    def __init__(self):
        self._image = host.open("/flash.img", "r+b")
        self._blocks = self._image.seek(0, 2) // BLOCK_SIZE

    def is_blank(self):
        """Return whether the first block is erased."""
        first = bytearray(BLOCK_SIZE)
        self.readblocks(0, first)
        return first == b"\xff" * BLOCK_SIZE

    def readblocks(self, block, buffer, offset=0):
        """Fill the buffer from the image."""
        self._image.seek(block * BLOCK_SIZE + offset)
        self._image.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        """Program bytes into an erased part of a block."""
        cut = power_fails()
        if cut:
            buffer = buffer[: len(buffer) // 2 if cuts_half() else 0]
        self._image.seek(block * BLOCK_SIZE + offset)
        self._image.write(buffer)
        if cut:
            lose_power()

    def ioctl(self, operation, argument):
        """Answer size queries and erase blocks."""
        if operation == 4:
            return self._blocks
        if operation == 5:
            return BLOCK_SIZE
        if operation == 6:
            self._erase(argument)
        return 0

    def _erase(self, block):
        cut = power_fails()
        half = cut and cuts_half()
        self._image.seek(block * BLOCK_SIZE)
        for _ in range(8 if half else 16):
            self._image.write(b"\xff" * 256)
        if cut:
            lose_power()

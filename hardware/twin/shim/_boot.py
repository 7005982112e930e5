"""Mounts the flash image as the only file system and runs the firmware."""

import gc
import os
import sys

import machine  # noqa: F401 - must be loaded while the host's shim folder is visible
import vfs
from _board import (
    CUT_COUNTDOWN,
    CUT_MODE,
    FLASH_OPERATIONS,
    READY,
    REQUEST_POWER_CUT,
    host,
    park,
    read_byte,
    read_word,
    write_byte,
    write_word,
)
from micropython import const

_BLOCK_SIZE = const(4096)
_CUT_HALF = const(0)


class Flash:
    """Block device on flash.img which can lose its power in any operation."""

    def __init__(self):
        self._image = host.open("/flash.img", "r+b")
        self._blocks = self._image.seek(0, 2) // _BLOCK_SIZE

    def readblocks(self, block, buffer, offset=0):
        """Fill the buffer from the image."""
        self._image.seek(block * _BLOCK_SIZE + offset)
        self._image.readinto(buffer)

    def writeblocks(self, block, buffer, offset=0):
        """Program bytes into an erased part of a block."""
        cut = self._power_fails()
        if cut:
            buffer = buffer[: len(buffer) // 2 if read_byte(CUT_MODE) == _CUT_HALF else 0]
        self._image.seek(block * _BLOCK_SIZE + offset)
        self._image.write(buffer)
        if cut:
            park(REQUEST_POWER_CUT)

    def ioctl(self, operation, argument):
        """Answer size queries and erase blocks."""
        if operation == 4:
            return self._blocks
        if operation == 5:
            return _BLOCK_SIZE
        if operation == 6:
            self._erase(argument)
        return 0

    def _erase(self, block):
        cut = self._power_fails()
        half = cut and read_byte(CUT_MODE) == _CUT_HALF
        self._image.seek(block * _BLOCK_SIZE)
        for _ in range(8 if half else 16):
            self._image.write(b"\xff" * 256)
        if cut:
            park(REQUEST_POWER_CUT)

    def _power_fails(self):
        write_word(FLASH_OPERATIONS, read_word(FLASH_OPERATIONS) + 1)
        left = read_word(CUT_COUNTDOWN)
        if left:
            write_word(CUT_COUNTDOWN, left - 1)
        return left == 1


def _is_blank(flash):
    first = bytearray(_BLOCK_SIZE)
    flash.readblocks(0, first)
    return first == b"\xff" * _BLOCK_SIZE


def _open_filesystem(flash):
    try:
        return vfs.VfsLfs2(flash)
    except OSError:
        if not _is_blank(flash):
            raise
    vfs.VfsLfs2.mkfs(flash)
    return vfs.VfsLfs2(flash)


def _mount():
    filesystem = _open_filesystem(Flash())
    vfs.umount("/")
    vfs.mount(filesystem, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]


def _take_terminal():
    # The console becomes the controlling terminal: no UART can, and the process dies with it.
    open("/proc/self/fd/0", "r+b").close()


def _run(path, namespace):
    try:
        os.stat(path)
    except OSError:
        return
    try:
        execfile(path, namespace)
    except Exception as error:
        sys.print_exception(error)


def start(namespace):
    """Boot the board and run its scripts in the given namespace."""
    run_main = os.getenv("BOARD_RUN_MAIN") == "1"
    _take_terminal()
    _mount()
    del sys.modules["_boot"]
    gc.collect()
    write_byte(READY, 1)
    _run("/boot.py", namespace)
    if run_main:
        _run("/main.py", namespace)

"""Memory maps of the files a board shares with its supervisor."""

import mmap
import struct
from pathlib import Path

from hardware.twin.board import layout


def ensure_file(path: Path, size: int, fill: bytes = b"\0") -> None:
    """Create the file with its fixed size unless it is there."""
    if not path.exists() or path.stat().st_size != size:
        path.write_bytes(fill * size)


def map_file(path: Path, size: int) -> mmap.mmap:
    """Map a file of fixed size, creating it first if needed."""
    ensure_file(path, size)
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), size)


class BoardState:
    """Typed access to pins.bin."""

    def __init__(self, path: Path) -> None:
        self._memory = map_file(path, layout.STATE_SIZE)

    def close(self) -> None:
        """Release the memory map."""
        self._memory.close()

    def byte(self, offset: int) -> int:
        """Return one byte."""
        return self._memory[offset]

    def set_byte(self, offset: int, value: int) -> None:
        """Store one byte."""
        self._memory[offset] = value

    def word(self, offset: int) -> int:
        """Return a 32-bit number."""
        value: int = struct.unpack_from("<I", self._memory, offset)[0]
        return value

    def set_word(self, offset: int, value: int) -> None:
        """Store a 32-bit number."""
        struct.pack_into("<I", self._memory, offset, value)

    def set_unique_id(self, unique_id: bytes) -> None:
        """Store the six bytes of machine.unique_id()."""
        self._memory[layout.UNIQUE_ID : layout.UNIQUE_ID + 6] = unique_id

    def release_outputs(self) -> None:
        """Do what a reset does to the pins: only held outputs keep their level."""
        for pin in range(layout.PIN_COUNT):
            flags = self.byte(layout.FLAGS + pin)
            if flags & layout.FLAG_HOLD:
                continue
            self.set_byte(layout.FLAGS + pin, 0)
            if flags & layout.FLAG_OUTPUT:
                self.set_byte(layout.LEVELS + pin, 0)

    def clear_pins(self) -> None:
        """Do what a power cut does to the pins."""
        self._memory[layout.LEVELS : layout.ADC] = bytes(layout.ADC - layout.LEVELS)

    def prepare_boot(self, cause: layout.ResetCause) -> None:
        """Hand the reset cause to the next boot."""
        self.set_byte(layout.RESET_CAUSE, cause)
        self.set_byte(layout.REQUEST, layout.Request.NONE)
        self.set_byte(layout.READY, 0)


class I2cBus:
    """Register files of the devices on the board's I2C bus."""

    def __init__(self, path: Path) -> None:
        self._memory = map_file(path, layout.I2C_SIZE)

    def close(self) -> None:
        """Release the memory map."""
        self._memory.close()

    def set(self, address: int, register: int, data: bytes, width: int = 1) -> None:
        """Store register bytes and make the device present."""
        start = self._offset(address, register, width)
        self._memory[start : start + len(data)] = data
        self._memory[address] = width

    def get(self, address: int, register: int, size: int) -> bytes:
        """Return register bytes."""
        start = self._offset(address, register, self._memory[address])
        return self._memory[start : start + size]

    def play(self, address: int) -> None:
        """Make the device present, played by the supervisor."""
        self._memory[address] = layout.PLAYED

    def remove(self, address: int) -> None:
        """Make the device absent."""
        self._memory[address] = 0

    @staticmethod
    def _offset(address: int, register: int, width: int) -> int:
        return layout.I2C_DEVICES + layout.I2C_REGISTERS * address + register * width

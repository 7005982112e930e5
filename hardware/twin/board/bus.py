"""Devices on a board's I2C and 1-Wire buses, played in the supervisor: they answer byte by byte what the firmware asks."""

import errno
import os
import selectors
from pathlib import Path
from typing import Protocol

from hardware.twin.board.layout import BusOperation
from hardware.twin.board.rack import Rack
from hardware.twin.board.shared import I2cBus

HEAD_BYTES = 4
ONE_WIRE = 0


class I2cDevice(Protocol):
    """One address on I2C; an OSError is what a missing acknowledge gives the firmware."""

    def write(self, data: bytes) -> None: ...
    def read(self, size: int) -> bytes: ...


class OneWireBus(Protocol):
    """All devices on the 1-Wire pin."""

    def reset(self) -> bool: ...
    def write(self, byte: int) -> None: ...
    def read(self) -> int: ...
    def roms(self) -> list[bytes]: ...


class Bus:
    """Both buses of one board. Devices may be attached before or after its start."""

    def __init__(self) -> None:
        self._devices: dict[int, I2cDevice] = {}
        self._one_wire: OneWireBus | None = None
        self._shared: I2cBus | None = None
        self._heard = b""

    def attach(self, address: int, device: I2cDevice) -> None:
        """Put a device on I2C."""
        self._devices[address] = device
        self._mark(address)

    def attach_one_wire(self, bus: OneWireBus) -> None:
        """Wire the 1-Wire pin."""
        self._one_wire = bus
        self._mark(ONE_WIRE)

    def open(self, rack: Rack, directory: Path, shared: I2cBus) -> None:
        """Start to answer."""
        self._rack = rack
        self._shared = shared
        self._ask = _fifo(directory / "bus.ask")
        self._answer = _fifo(directory / "bus.answer")
        rack.watch(self._ask, selectors.EVENT_READ, self._serve)
        for address in self._devices:
            self._mark(address)
        if self._one_wire:
            self._mark(ONE_WIRE)

    def close(self) -> None:
        """Answer no more."""
        self._shared = None
        self._rack.unwatch(self._ask)
        os.close(self._ask)
        os.close(self._answer)

    def _mark(self, address: int) -> None:
        if self._shared:
            self._shared.play(address)

    def _serve(self) -> None:
        self._heard += os.read(self._ask, 4096)
        while len(self._heard) >= HEAD_BYTES and len(self._heard) >= HEAD_BYTES + self._heard[3]:
            operation, address, wanted, sent = self._heard[:HEAD_BYTES]
            data = self._heard[HEAD_BYTES : HEAD_BYTES + sent]
            self._heard = self._heard[HEAD_BYTES + sent :]
            os.write(self._answer, self._play(operation, address, wanted, data))

    def _play(self, operation: int, address: int, wanted: int, data: bytes) -> bytes:
        try:
            answer = self._transfer(address, wanted, data) if address else self._one_wire_answer(operation, data)
        except OSError as error:
            return bytes((error.errno or errno.EIO,))
        return b"\0" + answer.ljust(wanted, b"\xff")[:wanted]

    def _transfer(self, address: int, wanted: int, data: bytes) -> bytes:
        device = self._devices.get(address)
        if device is None:
            raise OSError(errno.ENODEV, "no such device")
        if data or not wanted:
            device.write(data)
        return device.read(wanted) if wanted else b""

    def _one_wire_answer(self, operation: int, data: bytes) -> bytes:
        bus = self._one_wire
        if bus is None:
            raise OSError(errno.ENODEV, "no 1-Wire bus")
        if operation == BusOperation.RESET:
            return bytes((bus.reset(),))
        if operation == BusOperation.WRITE:
            bus.write(data[0])
            return b""
        if operation == BusOperation.READ:
            return bytes((bus.read(),))
        roms = bus.roms()
        return bytes((len(roms),)) if operation == BusOperation.COUNT else b"".join(roms)


def _fifo(path: Path) -> int:
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)

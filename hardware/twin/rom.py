"""A simulated ESP32 in its boot loader: SLIP frames on a pty, the ROM's commands and those of the programmer's RAM loader.

A pty carries no reset line, so a SYNC stands for the reset that comes before it: chip back in ROM, at 115200 baud.
"""

import hashlib
import os
import struct
import termios
import threading
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from hardware.twin.terminals import Terminal

END, ESCAPE = 0xC0, 0xDB
ESP32_MAGIC = 0x00F01D83
ESP32_S2_MAGIC = 0x000007C6
MAGIC_REGISTER = 0x40001000
UART_DIVIDER_REGISTER = 0x3FF40014
SPI_DATA_REGISTER = 0x3FF42080
JEDEC_4_MB = 0x1640EF
ROM_BAUD = 115200
FLASH_BYTES = 4 * 1024 * 1024
WAIT_SECONDS = 0.002


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What is wrong with the board, its adapter or its cable."""

    silent: bool = False
    magic: int = ESP32_MAGIC
    most_baud: int = 921600
    """Above this the adapter garbles every byte."""
    unplug_after_blocks: int = 0
    """The cable is pulled when so many blocks have been written; 0 never."""
    bad_byte: bool = False
    """One byte of the flash does not take what is written."""


def slip(data: bytes) -> bytes:
    """The frame of a packet."""
    body = data.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + body + b"\xc0"


class Frames:
    """Takes bytes, gives whole packets."""

    def __init__(self) -> None:
        self._packet: bytearray | None = None
        self._escaped = False

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that these bytes complete."""
        packets = []
        for byte in data:
            if byte == END:
                if self._packet:
                    packets.append(bytes(self._packet))
                    self._packet = None
                else:
                    self._packet = bytearray()
            elif self._packet is not None:
                self._take(byte)
        return packets

    def _take(self, byte: int) -> None:
        assert self._packet is not None
        if self._escaped:
            self._packet.append({0xDC: 0xC0, 0xDD: 0xDB}.get(byte, byte))
            self._escaped = False
        elif byte == ESCAPE:
            self._escaped = True
        else:
            self._packet.append(byte)


class Unplugged(Exception):
    """The cable was pulled."""


class Chip:
    """The chip's side of the conversation, without the wire."""

    def __init__(self, faults: Faults) -> None:
        self.flash = bytearray(b"\xff" * FLASH_BYTES)
        self.baud = ROM_BAUD
        self._faults = faults
        self._in_ram_loader = False
        self._blocks = 0
        self._offset = 0
        self._inflate = zlib.decompressobj()

    def answer(self, packet: bytes) -> list[bytes]:
        """The packets that answer one request."""
        command, body = packet[1], packet[8:]
        if command == 0x08:
            self._in_ram_loader, self.baud = False, ROM_BAUD
            return [self._reply(command, value=0x20120707)] * 8
        if command == 0x06:
            self._in_ram_loader = True
            return [self._reply(command), b"OHAI"]
        if command == 0x0A:
            return [self._reply(command, value=self._register(struct.unpack_from("<I", body)[0]))]
        if command in (0x05, 0x07, 0x09, 0x0B, 0x0D, 0x04, 0x12):
            return [self._reply(command)]
        return self._flash_command(command, body)

    def _flash_command(self, command: int, body: bytes) -> list[bytes]:
        if command in (0x02, 0x10):
            self._begin(struct.unpack_from("<I", body, 12)[0])
        elif command in (0x03, 0x11):
            self._write(body[16:] if command == 0x03 else self._inflate.decompress(body[16:]))
        elif command == 0xD0:
            self.flash[:] = b"\xff" * FLASH_BYTES
        elif command == 0x13:
            return [self._reply(command, data=self._digest(*struct.unpack_from("<II", body)))]
        elif command == 0x0F:
            reply = self._reply(command)
            self.baud = struct.unpack_from("<I", body)[0]
            return [reply]
        else:
            return [self._reply(command, status=b"\x01\x05")]
        return [self._reply(command)]

    def _reply(self, command: int, value: int = 0, data: bytes = b"", status: bytes = b"\0\0") -> bytes:
        data += status if self._in_ram_loader else status + b"\0\0"
        return struct.pack("<BBHI", 1, command, len(data), value) + data

    def _register(self, address: int) -> int:
        known = {MAGIC_REGISTER: self._faults.magic, UART_DIVIDER_REGISTER: 347, SPI_DATA_REGISTER: JEDEC_4_MB}
        return known.get(address, 0)

    def _begin(self, offset: int) -> None:
        self._offset = offset
        self._inflate = zlib.decompressobj()

    def _write(self, data: bytes) -> None:
        self._blocks += 1
        if self._blocks == self._faults.unplug_after_blocks:
            raise Unplugged
        self.flash[self._offset : self._offset + len(data)] = data
        if self._faults.bad_byte and data:
            self.flash[self._offset] ^= 0x10
        self._offset += len(data)

    def _digest(self, address: int, size: int) -> bytes:
        digest = hashlib.md5(self.flash[address : address + size], usedforsecurity=False)
        return digest.digest() if self._in_ram_loader else digest.hexdigest().encode()


class RomLoader:
    """A board whose boot loader answers at `port` until it is closed or its cable is pulled."""

    def __init__(self, link: Path, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self.chip = Chip(self._faults)
        self._terminal = Terminal(link)
        self.port = str(link.readlink())
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="rom loader", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Unplug the board."""
        self._ended.set()
        self._thread.join()

    def _serve(self) -> None:
        frames = Frames()
        try:
            while not self._ended.is_set():
                data = self._terminal.read()
                if not data:
                    self._ended.wait(WAIT_SECONDS)
                    continue
                for packet in frames.feed(data):
                    self._answer(packet)
        except Unplugged:
            pass
        finally:
            self._terminal.close()

    def _answer(self, packet: bytes) -> None:
        if self._faults.silent or len(packet) < 8:
            return
        for reply in self.chip.answer(packet):
            frame = slip(reply)
            self._terminal.write(os.urandom(len(frame)) if self._host_baud() > self._faults.most_baud else frame)

    def _host_baud(self) -> int:
        speed = self._terminal.speed()
        return {termios.B115200: 115200, termios.B230400: 230400, termios.B460800: 460800, termios.B921600: 921600}.get(
            speed, 0
        )

"""What the tests of the update share: a tiny application, a board with it, and the far end of its line."""

import binascii
import hashlib
import json
import os
import shutil
import struct
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware import build, release
from firmware.node.crc import crc16, seal
from hardware.registers import (
    ACTION_SWITCH_SLOT,
    CHUNK,
    CONTROL,
    DOCUMENT_FILE,
    DOCUMENT_MANIFEST,
    IDENTITY,
    OFFER,
    STATUS,
    TRANSFER,
    TRANSFER_CHECKING,
    TRANSFER_DONE,
    TRANSFER_RECEIVING,
    Block,
    parse,
)
from hardware.twin.board import Board, Rack
from hardware.twin.board.console import open_pty
from hardware.twin.board.install import install

TINY = Path(__file__).parent / "tiny" / "app.py"
APP = "firmware/node/app.py"
MODULES = ("settings", "vault", "trial")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SETTINGS = {"unit_id": 1, "update_key": release.public_text(KEY), "ring_bytes": 64}
CHUNK_BYTES = 2 * CHUNK.repeat


class Silent(Exception):
    """The board did not answer."""


class Refusal(Exception):
    """The board refused; args are Modbus exception code, or REFUSED code of the document."""


def application(folder: Path, version: build.Version, extra: str = "", signed: bool = True) -> Path:
    """A tiny application of this version; `extra` is appended to its program."""
    kept = [name for name in build.BASE if name not in build.BASE_ONLY]
    names = [f"firmware/node/{name}.py" for name in (*kept, *MODULES)]
    instead = {APP: TINY.read_text() + extra, build.VERSION_FILE: f"VERSION = {version!r}"}
    build.build_modules(folder, [*names, APP, build.REGISTERS, build.PINS], instead)
    if signed:
        release.sign(folder, version, KEY)
    else:
        build.write_manifest(folder, version)
    return folder


def image(folder: Path, slot_a: Path) -> Path:
    """What the cable installs: main.py, the base, and this application in slot a."""
    build.build_modules(folder / "lib", build.base_sources())
    shutil.copy(build.ROOT / build.MAIN, folder / "main.py")
    shutil.copytree(slot_a, folder / "a")
    return folder


class Line:
    """The far end of a board's line, with a master on it."""

    def __init__(self, board: Board, unit_id: int) -> None:
        self.unit_id = unit_id
        self._master, self._slave = open_pty()
        link = board.directory / "uart1"
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))

    def close(self) -> None:
        """Hang up."""
        os.close(self._slave)
        os.close(self._master)

    def ask(self, body: bytes, seconds: float = 2.0) -> bytes:
        """The reply to one request, without unit and CRC; Silent when none comes, Refusal for an exception."""
        self._drop()
        frame = bytearray(bytes((self.unit_id,)) + body + bytes(2))
        os.write(self._master, frame[: seal(frame, len(frame) - 2)])
        reply = b""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            try:
                reply += os.read(self._master, 512)
            except BlockingIOError:
                time.sleep(0.001)
                continue
            if len(reply) > 4 and crc16(reply, 0, len(reply)) == 0:
                if reply[1] & 0x80:
                    raise Refusal(reply[2])
                return reply[1:-2]
        raise Silent

    def _drop(self) -> None:
        while True:
            try:
                os.read(self._master, 512)
            except BlockingIOError:
                return

    def read(self, block: Block, seconds: float = 2.0) -> dict[str, int]:
        """The fields of a block."""
        data = self.ask(struct.pack(">BHH", 3, block.address, block.head_length), seconds)[2:]
        form = ">" + "".join({"u16": "H", "u32": "I"}[kind] for _, kind in parse(block.fields))
        return dict(zip((name for name, _ in parse(block.fields)), struct.unpack(form, data), strict=True))

    def write(self, block: Block, data: bytes, seconds: float = 2.0) -> None:
        """Write a whole block."""
        self.ask(struct.pack(">BHHB", 16, block.address, len(data) // 2, len(data)) + data, seconds)

    def control(self, action: int) -> None:
        """One action."""
        self.write(CONTROL, struct.pack(">H", action))

    def answers(self) -> bool:
        """Whether the board says who it is."""
        try:
            return self.read(IDENTITY, 0.3)["block"] == IDENTITY.number
        except Silent:
            return False

    def version(self) -> tuple[int, int, int]:
        """Of the program that answers."""
        found = self.read(IDENTITY)
        return found["firmware_major"], found["firmware_minor"], found["firmware_patch"]

    def status(self) -> dict[str, int]:
        """The status block."""
        return self.read(STATUS)

    def settled(self, seconds: float = 10.0) -> dict[str, int]:
        """The transfer block once the node has checked what it got."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            found = self.read(TRANSFER)
            if found["state"] != TRANSFER_CHECKING:
                return found
        raise Silent

    def send(self, document: int, index: int, data: bytes) -> dict[str, int]:
        """One document; Refusal with the node's code when it does not take it."""
        self.write(OFFER, struct.pack(">HHI", document, index, len(data)) + hashlib.sha256(data).digest())
        at = self.read(TRANSFER)["next"]
        while at < len(data) and self.read(TRANSFER)["state"] == TRANSFER_RECEIVING:
            piece = data[at : at + CHUNK_BYTES]
            self.write(CHUNK, struct.pack(">I", at) + piece.ljust(CHUNK_BYTES, b"\0"))
            at += len(piece)
        found = self.settled()
        if found["state"] != TRANSFER_DONE:
            raise Refusal(found["refused"])
        return found

    def send_application(self, folder: Path) -> list[str]:
        """Manifest and the files that the node asks for; returns their names."""
        manifest = (folder / "manifest").read_bytes()
        found = self.send(DOCUMENT_MANIFEST, 0, manifest)
        names = [line.split()[2] for line in manifest.decode().splitlines()[1:-1]]
        sent = []
        while found["next_file"] < found["files"]:
            at = found["next_file"]
            sent.append(names[at])
            found = self.send(DOCUMENT_FILE, at, (folder / names[at]).read_bytes())
        return sent

    def update(self, folder: Path) -> list[str]:
        """The whole way: send, switch, wait for the node to come back; returns the files that were sent."""
        sent = self.send_application(folder)
        self.control(ACTION_SWITCH_SLOT)
        return sent


def start(rack: Rack, folder: Path, made: Path, **settings: Any) -> Board:
    """A board with this image, powered."""
    stored = json.dumps({**SETTINGS, **settings}).encode()
    install(folder, made, {"settings.json": b"%08x\n" % binascii.crc32(stored) + stored})
    board = Board(rack, folder)
    board.start()
    return board

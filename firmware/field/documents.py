"""Documents that travel to a node in pieces, and back.

To the node: one offer, then chunks. The reply to a chunk confirms it, so `transfer` is read at the end, and where the node
and the tool disagree: as at the start of a document of which the node holds a part.
From the node: select a place, read a piece.
"""

import contextlib
import hashlib
import struct
import time
from collections.abc import Callable
from typing import Protocol

from firmware.field import blocks
from firmware.field.doors import pause
from firmware.field.frame import Trouble
from firmware.field.rtu import NoAnswer, Refused
from hardware.registers import (
    CHUNK,
    DOCUMENT,
    OFFER,
    REFUSED_CONTENT,
    REFUSED_FLASH,
    REFUSED_HASH,
    REFUSED_NO_KEY,
    REFUSED_OLDER,
    REFUSED_SIGNATURE,
    REFUSED_UNASKED,
    SELECT,
    TRANSFER,
    TRANSFER_CHECKING,
    TRANSFER_DONE,
    TRANSFER_IDLE,
    TRANSFER_REFUSED,
    Block,
)

CHUNK_BYTES = 2 * CHUNK.repeat
PIECE_BYTES = 2 * DOCUMENT.repeat
CHECKING_S = 120.0
FIRST_LOOK_S = 0.05
CHECK_EVERY_S = 0.5
BUSY_LOOKS = round(CHECKING_S / CHECK_EVERY_S)
DISAGREEMENTS = 8
LARGEST_BYTES = 1_000_000

REFUSALS = {
    REFUSED_HASH: "E-NODE-11",
    REFUSED_CONTENT: "E-NODE-12",
    REFUSED_SIGNATURE: "E-NODE-13",
    REFUSED_OLDER: "E-NODE-14",
    REFUSED_FLASH: "E-NODE-15",
    REFUSED_UNASKED: "E-NODE-16",
    REFUSED_NO_KEY: "E-NODE-17",
}

Progress = Callable[[int], None]


class Registers(Protocol):
    """A node's blocks."""

    unit_id: int

    def read(self, block: Block, count: int = 0) -> list[int]:
        """The first registers of a block, all of it by default."""

    def write(self, block: Block, words: list[int]) -> None:
        """A whole block."""


class DocumentRefused(Trouble):
    """The node took the bytes but not the document; `reason` is a REFUSED code of the map."""

    def __init__(self, unit_id: int, document: int, index: int, reason: int) -> None:
        super().__init__(REFUSALS.get(reason, "E-NODE-12"), unit=unit_id, document=document, index=index, reason=reason)
        self.reason = reason


def send(
    node: Registers,
    document: int,
    data: bytes,
    index: int = 0,
    on_progress: Progress | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, int]:
    """Bring a document to the node; DocumentRefused when it does not take it. `on_progress(bytes that are there)`.

    Returns the transfer block as it stands then.
    """
    sending = _Sending(node, document, data, index, on_progress or _unseen)
    sending.offer()
    while sending.next < len(data):
        sending.step()
    return _await_verdict(node, sending, monotonic)


def read(node: Registers, document: int, index: int = 0) -> bytes:
    """A whole document of the node, empty when it has none."""
    data = b""
    while True:
        node.write(SELECT, [document, index, *divmod(len(data), 0x10000)])
        words = node.read(DOCUMENT)
        fields = blocks.head(DOCUMENT, words)
        if (fields["document"], fields["index"], fields["offset"]) != (document, index, len(data)):
            raise Trouble("E-NODE-18", unit=node.unit_id, document=document)
        if fields["size"] > LARGEST_BYTES:
            raise Trouble("E-NODE-18", unit=node.unit_id, document=document)
        piece = blocks.packed(words[DOCUMENT.head_length :])
        data += piece[: fields["size"] - len(data)]
        if len(data) >= fields["size"]:
            return data


def offer_words(document: int, data: bytes, index: int) -> list[int]:
    """The registers that offer a document."""
    return blocks.unpacked(struct.pack(">HHI", document, index, len(data)) + hashlib.sha256(data).digest())


def chunk_words(data: bytes, at: int) -> list[int]:
    """The registers that bring the bytes from `at` on."""
    piece = data[at : at + CHUNK_BYTES]
    return blocks.unpacked(struct.pack(">I", at) + piece.ljust(CHUNK_BYTES, b"\0"))


def _unseen(there: int) -> None:
    """Progress that nobody looks at."""


class _Sending:
    """One document on its way; `next` is the first byte that the node lacks."""

    def __init__(self, node: Registers, document: int, data: bytes, index: int, on_progress: Progress) -> None:
        self.node = node
        self.document = document
        self.data = data
        self.index = index
        self.next = 0
        self._on_progress = on_progress
        self._disagreements = 0

    def offer(self) -> None:
        """Offer the document; where the node holds a part of it, its refusal of the first chunk will say so."""
        self.next = 0
        for _ in range(BUSY_LOOKS):
            try:
                self.node.write(OFFER, offer_words(self.document, self.data, self.index))
            except Refused:
                if self.transfer()["state"] != TRANSFER_CHECKING:
                    raise
                pause(CHECK_EVERY_S)
            else:
                return
        raise Trouble("E-NODE-20", unit=self.node.unit_id, document=self.document, seconds=round(CHECKING_S))

    def step(self) -> None:
        """Send one chunk."""
        try:
            self.node.write(CHUNK, chunk_words(self.data, self.next))
        except (NoAnswer, Refused):
            self._agree()
            return
        self.next = min(self.next + CHUNK_BYTES, len(self.data))
        self._disagreements = 0
        self._on_progress(self.next)

    def transfer(self) -> dict[str, int]:
        """The transfer block; DocumentRefused when it says so."""
        fields = blocks.head(TRANSFER, self.node.read(TRANSFER))
        if fields["state"] == TRANSFER_REFUSED and self._is_ours(fields):
            raise DocumentRefused(self.node.unit_id, self.document, self.index, fields["refused"])
        return fields

    def _agree(self) -> None:
        """A chunk was not confirmed: the node may have it, or have forgotten all in a reset."""
        self._disagreements += 1
        if self._disagreements > DISAGREEMENTS:
            raise Trouble("E-NODE-19", unit=self.node.unit_id, document=self.document)
        fields = self.transfer()
        if fields["state"] == TRANSFER_IDLE or not self._is_ours(fields):
            self.offer()
        else:
            self._take(fields)

    def _take(self, fields: dict[str, int]) -> None:
        whole = fields["state"] in (TRANSFER_CHECKING, TRANSFER_DONE)
        self.next = len(self.data) if whole else min(fields["next"], len(self.data))
        self._on_progress(self.next)

    def _is_ours(self, fields: dict[str, int]) -> bool:
        return (fields["document"], fields["index"], fields["size"]) == (self.document, self.index, len(self.data))


def _await_verdict(node: Registers, sending: _Sending, monotonic: Callable[[], float]) -> dict[str, int]:
    """A node that judges a signature or hashes a slot may be silent meanwhile."""
    deadline_s = monotonic() + CHECKING_S
    again_s = FIRST_LOOK_S
    while True:
        with contextlib.suppress(NoAnswer):
            fields = sending.transfer()
            if fields["state"] == TRANSFER_DONE:
                return fields
            if fields["state"] == TRANSFER_IDLE:
                raise Trouble("E-NODE-21", unit=node.unit_id, document=sending.document)
        if monotonic() > deadline_s:
            raise Trouble("E-NODE-20", unit=node.unit_id, document=sending.document, seconds=round(CHECKING_S))
        pause(again_s)
        again_s = min(2 * again_s, CHECK_EVERY_S)

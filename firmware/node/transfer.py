# Documents over the line, in pieces: what the node takes grows in a file on flash, and is believed when its SHA-256 fits.
#
# Owners register what they read and write. Flash is written in `step`, which is called when the reply has left.

import os
import struct

from firmware.node import errorlog
from firmware.node.bank import Bank, whole
from firmware.node.digest import sha256_of
from firmware.node.refused import ILLEGAL_VALUE, Refused
from hardware.registers import (
    CHUNK,
    DOCUMENT,
    OFFER,
    REFUSED_FLASH,
    REFUSED_HASH,
    REFUSED_NOTHING,
    SELECT,
    TRANSFER,
    TRANSFER_CHECKING,
    TRANSFER_DONE,
    TRANSFER_IDLE,
    TRANSFER_RECEIVING,
    TRANSFER_REFUSED,
)

INCOMING = "incoming"
_LARGEST_BYTES = 65536
_CHUNK_BYTES = 2 * CHUNK.group_length * CHUNK.repeat
_SPARE_BYTES = 16384  # of the flash, never filled by a document


class Transfer:
    # `feed()` feeds the watchdog during long work. `files`, `next_file` and `slot` are the update's to set; `work` is an
    # iterator of what a taken document leaves to be done, a piece at each step.
    def __init__(self, feed, folder: str = "") -> None:
        self.files = 0
        self.next_file = 0
        self.slot = 0
        self.work = None
        self.state = TRANSFER_IDLE
        self.refused = REFUSED_NOTHING
        self.next = 0
        self._feed = feed
        self._path = folder + INCOMING
        self._owners = {}  # type: ignore[var-annotated]
        self._offer = b""
        self._document = self._index = self._size = 0
        self._file = None
        self._chunk = bytearray(_CHUNK_BYTES)
        self._chunk_bytes = 0
        self._selected = (0, 0, 0)
        self._shown: "bytes | str | None" = None

    def serve(self, bank: Bank) -> None:
        bank.add(TRANSFER, self._show)
        bank.add(OFFER, None, self._take_offer)
        bank.add(CHUNK, None, self._take_chunk)
        bank.add(SELECT, None, self._select)
        bank.add(DOCUMENT, self._show_document)

    def offer_to(self, document: int, read=None, write=None, check=None) -> None:
        # read(index) -> bytes, path of a file, or None. write(index, path) takes a received file and check(index, size,
        # sha256) an offer; both return a REFUSED code, 0 for taken.
        self._owners[document] = (read, write, check)

    def refuse(self, code: int) -> None:
        self.state = TRANSFER_REFUSED
        self.refused = code
        self.work = None

    def idle(self) -> bool:
        return self.work is None and self.state != TRANSFER_RECEIVING

    def step(self) -> bool:
        # The next piece of work on flash; False when there is none.
        try:
            if self._chunk_bytes:
                self._write_chunk()
            elif self.state == TRANSFER_RECEIVING and self.next == self._size:
                self._finish()
            elif self.work is not None:
                self._go_on()
            else:
                return False
        except OSError as error:
            errorlog.write("document %d not taken: %r" % (self._document, error))
            self._drop_file()
            self.refuse(REFUSED_FLASH)
        return True

    def _take_offer(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, OFFER.length)
        offer = struct.pack(">20H", *words)
        if self.work is not None:
            raise Refused(ILLEGAL_VALUE)
        if self.state == TRANSFER_RECEIVING and offer == self._offer:
            return
        document, index, size, digest = struct.unpack(">HHI32s", offer)
        _, write, check = self._owners.get(document, (None, None, None))
        if write is None or not 0 < size <= _LARGEST_BYTES:
            raise Refused(ILLEGAL_VALUE)
        self._drop_file()
        self._shown = None
        self._offer, self._document, self._index, self._size, self._digest = offer, document, index, size, digest
        self.next = 0
        code = check(index, size, digest) if check else REFUSED_NOTHING
        if code:
            self.refuse(code)
        else:
            self.state = TRANSFER_RECEIVING
            self.refused = REFUSED_NOTHING

    def _take_chunk(self, offset: int, words: "list[int]") -> None:
        whole(offset, words, CHUNK.length)
        if self._chunk_bytes:
            self.step()
        at = words[0] << 16 | words[1]
        if self.state != TRANSFER_RECEIVING or at != self.next or at >= self._size:
            raise Refused(ILLEGAL_VALUE)
        struct.pack_into(">120H", self._chunk, 0, *words[2:])
        self._chunk_bytes = min(_CHUNK_BYTES, self._size - at)
        self.next += self._chunk_bytes

    def _write_chunk(self) -> None:
        count = self._chunk_bytes
        self._chunk_bytes = 0
        if self._file is None:
            status = os.statvfs("/")
            if status[0] * status[3] < self._size + _SPARE_BYTES:
                raise OSError(28)
            self._file = open(self._path, "wb")  # type: ignore[assignment]
        self._file.write(memoryview(self._chunk)[:count])

    def _finish(self) -> None:
        self._file.close()
        self._file = None
        if sha256_of(self._path, self._size, self._feed) != self._digest:
            self.refuse(REFUSED_HASH)
            return
        self.state = TRANSFER_DONE
        code = self._owners[self._document][1](self._index, self._path)
        if code:
            self.refuse(code)

    def _go_on(self) -> None:
        self._feed()
        try:
            next(self.work)  # type: ignore[call-overload]
        except StopIteration:
            self.work = None

    def _drop_file(self) -> None:
        self._chunk_bytes = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _show(self, image: bytearray) -> None:
        state = TRANSFER_CHECKING if self.work is not None or self._received() else self.state
        struct.pack_into(
            ">HHHHIIHHH",
            image,
            2,
            state,
            self.refused,
            self._document,
            self._index,
            self._size,
            self.next,
            self.files,
            self.next_file,
            self.slot,
        )

    def _received(self) -> bool:
        return self.state == TRANSFER_RECEIVING and self.next == self._size

    def _select(self, offset: int, words: "list[int]") -> None:
        # What read() made is held from the first piece to the last, so that the pieces fit together.
        whole(offset, words, SELECT.length)
        document, index, at = words[0], words[1], words[2] << 16 | words[3]
        if self._owners.get(document, (None,))[0] is None:
            raise Refused(ILLEGAL_VALUE)
        if at == 0 or self._selected[:2] != (document, index) or self._shown is None:
            self._shown = self._owners[document][0](index)
        self._selected = (document, index, at)

    def _show_document(self, image: bytearray) -> None:
        document, index, at = self._selected
        start = 2 * DOCUMENT.head_length
        room = len(image) - start
        size, data = _slice(self._shown, at, room)
        struct.pack_into(">HHII", image, 2, document, index, size, at)
        image[start : start + len(data)] = data
        for i in range(start + len(data), len(image)):
            image[i] = 0


def _slice(source: "bytes | str | None", at: int, room: int) -> "tuple[int, bytes]":
    # Size of the whole and up to `room` bytes from `at` on; a text names a file.
    if source is None:
        return 0, b""
    if not isinstance(source, str):
        return len(source), source[at : at + room]
    try:
        with open(source, "rb") as file:
            size = file.seek(0, 2)
            file.seek(min(at, size))
            return size, file.read(room)
    except OSError:
        return 0, b""

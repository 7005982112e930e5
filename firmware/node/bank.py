# The registers of this node: each block an image that its owner refreshes just before it is read.
#
# Nothing here waits for a probe: owners copy their last snapshot, with its age and quality.

import struct

from firmware.node.refused import ILLEGAL_ADDRESS, ILLEGAL_VALUE, Refused


class Entry:
    # `refresh(image)` fills the image; `write(offset, words)` takes a list of register values or raises Refused.
    def __init__(self, block, refresh, write):
        self.address = block.address
        self.end = block.address + block.length
        self.image = bytearray(2 * block.length)
        self.refresh = refresh
        self.write = write
        struct.pack_into(">H", self.image, 0, block.number)


class Bank:
    def __init__(self) -> None:
        self._entries: "list[Entry]" = []
        self._coils = None
        self._late = None

    def add(self, block, refresh=None, write=None):
        self._entries.append(Entry(block, refresh, write))

    def add_late(self, load):
        # `load()` adds the blocks that are rarely asked for, when one is.
        self._late = load

    def add_coils(self, coils):
        # `coils` has count, read() -> bits and write(mask, bits).
        self._coils = coils

    def read(self, address: int, count: int, frame: bytearray, at: int) -> None:
        # Copies registers into frame[at:]; raises Refused when they do not lie within one block.
        entry = self._entry(address, count)
        if entry.refresh:
            entry.refresh(entry.image)
        start = 2 * (address - entry.address)
        frame[at : at + 2 * count] = entry.image[start : start + 2 * count]

    def write(self, address: int, count: int, frame: bytearray, at: int) -> None:
        # Hands `count` big-endian registers at frame[at:] to the owner of the block; raises Refused.
        entry = self._entry(address, count)
        if entry.write is None:
            raise Refused(ILLEGAL_ADDRESS)
        words = [frame[at + 2 * i] << 8 | frame[at + 2 * i + 1] for i in range(count)]
        entry.write(address - entry.address, words)

    def coils(self, address: int, count: int) -> int:
        self._check_coils(address, count)
        return self._coils.read() >> address & ((1 << count) - 1)

    def write_coils(self, address: int, count: int, bits: int) -> None:
        self._check_coils(address, count)
        mask = ((1 << count) - 1) << address
        self._coils.write(mask, bits << address)

    def _check_coils(self, address: int, count: int) -> None:
        if self._coils is None or address + count > self._coils.count:
            raise Refused(ILLEGAL_ADDRESS)

    def _entry(self, address: int, count: int) -> Entry:
        for entry in self._entries:
            if entry.address <= address and address + count <= entry.end:
                return entry
        if self._late is None:
            raise Refused(ILLEGAL_ADDRESS)
        load, self._late = self._late, None
        load()
        return self._entry(address, count)


def whole(offset: int, words: "list[int]", length: int) -> None:
    # Refuses a write that does not cover the block from its first to its last register.
    if offset != 0 or len(words) != length:
        raise Refused(ILLEGAL_VALUE)

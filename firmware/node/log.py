# Unread samples in flash: files of one block each, numbered, written at the newest and read at the oldest.
#
# An append opens the newest file, adds, closes: littlefs then has all of it or nothing. A file whose records were all
# fetched goes as a whole; so does the oldest when there is no more room, and its unread records are lost. A file of an
# earlier boot is never added to. Reading is apart from the answer on the line: `step` readies a window, `show` copies it.

import os
import struct

from firmware.node.segment import CRC_BYTES, HEAD_BYTES, Head, head, holds, seal, seed_of
from hardware.registers import RING

SEGMENT_BYTES = 4096
RESERVE_BYTES = 160 * 1024  # left for settings, calibration and an update
_WINDOW_BYTES = 2 * RING.repeat


class Log:
    # `longest` is how many records it holds at least; `free_bytes` tells what the file system has left.
    def __init__(self, folder: str, channels: int, longest: int, boot_id: int, free_bytes) -> None:
        self.records = 0  # unread
        self.erases = 0  # appends, each of which rewrites one block
        self.dropped = 0
        self.ready = False  # the window shows the oldest unread records, or there are none
        self.shown = 0  # records in the window
        self.head: "Head" = None  # type: ignore[assignment]  # of the segment that is read, None while none is open
        self.window = bytearray(_WINDOW_BYTES)
        self._folder = folder
        self._stride = 8 + 6 * channels + CRC_BYTES
        self._longest = longest
        self._boot_id = boot_id
        self._free_bytes = free_bytes
        self._first = 1  # oldest segment
        self._last = 0  # newest segment
        self._written = b""  # head of the segment that is added to, empty when the next append begins one
        self._size = 0
        self._offset = 0  # of the oldest unread record in the segment that is read
        self._end = 0
        self._acknowledged = 0  # of this boot
        self._acknowledged_before = 0  # of `_boot_before`
        self._boot_before = 0  # boot of the segment that was read last
        self.scan()

    def scan(self) -> None:
        # Counts what is there by names and sizes alone.
        self._first, self._last, self.records = 0, 0, 0
        for name, size in _files(self._folder):
            number = int(name)
            self._first = min(self._first or number, number)
            self._last = max(self._last, number)
            self.records += _records(size, self._stride)
        self._first = self._first or 1
        self._written = b""
        self._close()

    def append(self, boot_id: int, zero_s: int, quantities: bytes, sequences, record) -> int:
        # Adds record(sequence) of each of `sequences`, as many as one segment takes; returns how many. Raises OSError.
        wanted = head(boot_id, zero_s, quantities)
        if self._written != wanted or self._size + len(sequences) * self._stride > SEGMENT_BYTES:
            self._begin(wanted)
        count = min(len(sequences), (SEGMENT_BYTES - self._size) // self._stride)
        seed = seed_of(wanted)
        with open(self._name(self._last), "ab") as file:
            for sequence in sequences[:count]:
                data = record(sequence)
                file.write(data)
                file.write(seal(data, seed))
        self._size += count * self._stride
        self.erases += 1
        self.records += count
        if not self.shown:
            self.ready = False
        return count

    def acknowledge(self, boot_id: int, sequence: int) -> None:
        # Records of this boot up to `sequence` are safe elsewhere; of an earlier boot only what the window shows.
        if boot_id == self._boot_id:
            self._acknowledged = max(self._acknowledged, sequence)
        elif self.shown and boot_id == self.head.boot_id:
            self._acknowledged_before = min(sequence, self.sequence(self.shown - 1))
        if self.shown and boot_id == self.head.boot_id:
            self.ready = False

    def sequence(self, at: int) -> int:
        # Of a record in the window.
        return struct.unpack_from(">I", self.window, at * self.head.record_bytes)[0]

    def older_than(self, boot_id: int, sequence: int) -> int:
        # Records in the window that were made before this sample of the running boot.
        if not self.shown or self.head.boot_id != boot_id:
            return self.shown
        count = 0
        while count < self.shown and self.sequence(count) < sequence:
            count += 1
        return count

    def step(self) -> bool:
        # One piece of work towards a window that is ready; False when there is none. Raises OSError, and goes on behind
        # the segment that did it.
        if self.ready:
            return False
        if self._first > self._last:
            self.records = self.shown = 0
            self.ready = True
            return False
        try:
            if self.head is None:
                self._open()
            elif not self._fill():
                self._remove()
        except OSError:
            self._lose_oldest()
            raise
        return True

    def _begin(self, wanted: bytes) -> None:
        # A new segment, and room for it.
        room = SEGMENT_BYTES // self._stride
        while self._first <= self._last and (
            self.records > self._longest + room or self._free_bytes() < RESERVE_BYTES + SEGMENT_BYTES
        ):
            self._lose_oldest()
        if self._free_bytes() < RESERVE_BYTES:
            raise OSError(28)
        self._written = b""
        self._make_folder()
        self._last += 1
        with open(self._name(self._last), "wb") as file:
            file.write(wanted)
        self._written = wanted
        self._size = HEAD_BYTES

    def _make_folder(self) -> None:
        try:
            os.stat(self._folder)
        except OSError:
            os.mkdir(self._folder)

    def _open(self) -> None:
        # The oldest segment. One whose head is not whole holds nothing that can be believed.
        size = _size(self._name(self._first))
        try:
            with open(self._name(self._first), "rb") as file:
                opened = Head(file.read(HEAD_BYTES))
        except ValueError:
            self._lose_oldest()
            return
        if self._boot_before != opened.boot_id:
            self._acknowledged_before = 0
        self._boot_before = opened.boot_id
        self.head = opened
        self._offset = HEAD_BYTES
        self._end = size
        self.records += _records(size, opened.stride) - _records(size, self._stride)

    def _fill(self) -> int:
        # Reads from the oldest unread record on, passes over what was acknowledged or is damaged; returns records shown.
        opened = self.head
        self._end = _size(self._name(self._first))
        self.shown = 0
        line = bytearray(opened.stride)
        data = memoryview(line)
        at = self._offset
        with open(self._name(self._first), "rb") as file:
            file.seek(at)
            while at + opened.stride <= self._end and (self.shown + 1) * opened.record_bytes <= _WINDOW_BYTES:
                file.readinto(line)
                at += opened.stride
                whole = holds(data, opened.seed)
                if whole and self._unread(line):
                    self._take(data)
                elif not self.shown:
                    self._offset = at
                    self.records = max(self.records - 1, 0)
                    self.dropped += not whole
        self.ready = self.shown > 0
        return self.shown

    def _unread(self, record: bytearray) -> bool:
        here = self.head.boot_id == self._boot_id
        return struct.unpack_from(">I", record, 0)[0] > (self._acknowledged if here else self._acknowledged_before)

    def _take(self, data: memoryview) -> None:
        size = self.head.record_bytes
        self.window[self.shown * size : (self.shown + 1) * size] = data[:size]
        self.shown += 1

    def _lose_oldest(self) -> None:
        # Unread records go with it.
        stride = self.head.stride if self.head else self._stride
        try:
            size = _size(self._name(self._first))
        except OSError:
            size = 0
        left = max(_records(size, stride) - _records(self._offset, stride), 0)
        self.dropped += left
        self.records = max(self.records - left, 0)
        try:
            self._remove()
        except OSError:
            pass  # it stays for the next boot

    def _remove(self) -> None:
        number = self._first
        self._first += 1
        self._close()
        if number == self._last:
            self._written = b""
        os.remove(self._name(number))

    def _close(self) -> None:
        self.head = None  # type: ignore[assignment]
        self.shown = self._offset = 0
        self.ready = False

    def _name(self, number: int) -> str:
        return "%s/%d" % (self._folder, number)


def _records(size: int, stride: int) -> int:
    return max(size - HEAD_BYTES, 0) // stride


def _size(name: str) -> int:
    return os.stat(name)[6]


def _files(folder: str):
    # Name and size of each segment; the sizes come with the names where the file system tells them so.
    try:
        names: "list[tuple]" = (  # type: ignore[type-arg]
            list(os.ilistdir(folder)) if hasattr(os, "ilistdir") else [(name,) for name in os.listdir(folder)]
        )
    except OSError:
        return
    for entry in names:
        if entry[0].isdigit():
            yield entry[0], entry[3] if len(entry) > 3 else _size(folder + "/" + entry[0])


def free_bytes(folder: str = "/") -> int:
    status = os.statvfs(folder)
    return status[1] * status[3]

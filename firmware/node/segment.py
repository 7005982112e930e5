# One file of the sample log: a head that says whose records follow, then records of one length, each with its own CRC.
#
# A record's CRC starts from the head's, so a record counts only under the head that it was written for. A tail that a power
# cut left unfinished is shorter than a record and is passed over.

import binascii
import struct

_HEAD = ">4sIIB12sI"  # mark, boot, when its uptime stood at zero (wall s), channels, their quantities, CRC
_MARK = b"PKL1"
HEAD_BYTES = 29
CRC_BYTES = 4


def head(boot_id: int, zero_s: int, quantities: bytes) -> bytes:
    # `quantities` has a byte for each channel.
    body = struct.pack(_HEAD[:-1], _MARK, boot_id, zero_s, len(quantities), quantities)
    return body + struct.pack(">I", binascii.crc32(body))


class Head:
    # A head read back; ValueError when it is not whole.
    def __init__(self, data: bytes) -> None:
        if len(data) != HEAD_BYTES or data[:4] != _MARK or binascii.crc32(data[:-4]) != seed_of(data):
            raise ValueError("no head of a log segment")
        _, self.boot_id, self.zero_s, self.channels, self.quantities, self.seed = struct.unpack(_HEAD, data)
        self.record_bytes = 8 + 6 * self.channels
        self.stride = self.record_bytes + CRC_BYTES


def seed_of(data: bytes) -> int:
    return struct.unpack_from(">I", data, HEAD_BYTES - 4)[0]


def seal(record, seed: int) -> bytes:
    # The CRC that goes behind a record.
    return struct.pack(">I", binascii.crc32(record, seed))


def holds(data: memoryview, seed: int) -> bool:
    # True when record and CRC belong together.
    at = len(data) - CRC_BYTES
    return binascii.crc32(data[:at], seed) == struct.unpack_from(">I", data, at)[0]

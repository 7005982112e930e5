"""A hot block: samples of one node, boot and day as they came in one message, packed to be written fast and read once.

n sequences (uint32), n times in ms (int64), n flags (uint8), for each quantity n values (float64, NaN for none), then the
readings that are not good: place, column, quality, reason (uint16, uint8, uint8, uint8). All little-endian.
"""

import sys
from array import array
from dataclasses import dataclass

import numpy as np

from cloud.telemetry.rows import Column, Rows

FLAW = np.dtype([("row", "<u2"), ("column", "u1"), ("quality", "u1"), ("reason", "u1")])

Flaw = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """The samples of a message that go into one block; `values` a list for each quantity, flaws as on the wire."""

    sequence: list[int]
    taken_ms: list[int]
    flags: list[int]
    values: list[list[float | None]]
    flaws: list[Flaw]


def pack(part: Part) -> bytes:
    """The block's payload."""
    pieces = [_bytes("I", part.sequence), _bytes("q", part.taken_ms), bytes(part.flags)]
    nan = float("nan")
    for values in part.values:
        pieces.append(_bytes("d", [nan if value is None else value for value in values]))
    if part.flaws:
        pieces.append(np.array(part.flaws, FLAW).tobytes())
    return b"".join(pieces)


def unpack(payload: bytes, count: int, quantities: list[str], boot: int, received_ms: int) -> Rows:
    """The samples of a block."""
    sequence = np.frombuffer(payload, "<u4", count).astype(np.int64)
    taken_ms = np.frombuffer(payload, "<i8", count, 4 * count)
    flags = np.frombuffer(payload, "u1", count, 12 * count)
    begin, width = 13 * count, 8 * count
    flaws = np.frombuffer(payload, FLAW, offset=begin + width * len(quantities))
    columns = []
    for place, quantity in enumerate(quantities):
        values = np.frombuffer(payload, "<f8", count, begin + width * place)
        quality, reason = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
        if len(flaws):
            mine = flaws[flaws["column"] == place]
            quality[mine["row"]], reason[mine["row"]] = mine["quality"], mine["reason"]
        columns.append(Column(quantity, values, quality, reason))
    boots, received = np.full(count, boot, np.int64), np.full(count, received_ms, np.int64)
    return Rows(boots, sequence, taken_ms, received, flags, tuple(columns))


def _bytes(kind: str, values: list[int] | list[float]) -> bytes:
    made = array(kind, values)
    if sys.byteorder != "little":
        made.byteswap()
    return made.tobytes()

"""A sealed chunk: one node's samples of one day, each column compressed by itself, so that a chart reads what it shows.

A byte 1 (the format's version), the length of the head (uint32), the head, the columns. The head is JSON, compressed: the
number of samples, and of each column its name, kind and length. A column is differences of whole numbers, the sign in
the lowest bit, their bytes sorted by place, compressed (zlib); values are whole numbers of the coarsest decimal step that
holds all of them exactly, and plain float64 where none does.
"""

import json
import struct
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from cloud.telemetry.rows import Array, Column, Rows, good_of

VERSION = 1
LEVEL = 6
STEPS = (1.0, 10.0, 100.0, 1000.0, 10000.0)
NO_VALUE = -(2**31)
LARGEST = 2**31 - 1
HEAD = struct.Struct("<BI")

Span = tuple[str, Any, bytes]

FIXED = ("boot", "sequence", "taken_ms", "received_ms", "flags")


class ChunkError(ValueError):
    """Bytes that are no chunk, or one of a later version."""


def encode(rows: Rows) -> bytes:
    """The chunk of these samples."""
    names: list[list[Any]] = []
    pieces: list[bytes] = []

    def put(name: str, kind: Any, values: Array) -> None:
        piece = zlib.compress(_shuffled(values), LEVEL) if values.any() else b""
        names.append([name, kind, len(piece)])
        pieces.append(piece)

    for name in FIXED:
        put(name, "i", _differences(getattr(rows, name).astype(np.int64)))
    for column in rows.columns:
        step = _step(column.values)
        put(column.quantity, step, _whole(column.values, step) if step else column.values.view(np.int64))
        put("quality", "b", column.quality)
        put("reason", "b", column.reason)
    head = zlib.compress(json.dumps([len(rows), names], separators=(",", ":")).encode(), LEVEL)
    return b"".join([HEAD.pack(VERSION, len(head)), head, *pieces])


def decode(data: bytes, quantities: Collection[str] | None = None) -> Rows:
    """The samples of a chunk, of all quantities or only these; raises ChunkError."""
    with _readable():
        count, spans = _spans(data)
        fixed = [_numbers(piece, count) for _, _, piece in spans[: len(FIXED)]]
        boot, sequence, taken_ms, received_ms, flags = fixed
        columns = tuple(_columns(count, spans, quantities))
        return Rows(boot, sequence, taken_ms, received_ms, flags.astype(np.uint8), columns)


def decode_good(data: bytes, quantity: str) -> tuple[Array, Array]:
    """Times in ms and values of one quantity where they are good, and nothing else unpacked; raises ChunkError."""
    with _readable():
        count, spans = _spans(data)
        columns = tuple(_columns(count, spans, {quantity}))
        taken_ms = _numbers(spans[FIXED.index("taken_ms")][2], count)
        return good_of(taken_ms, columns)


@contextmanager
def _readable() -> Iterator[None]:
    """Whatever a damaged chunk brings about becomes a ChunkError."""
    try:
        yield
    except (struct.error, zlib.error, ValueError, TypeError) as error:
        raise error if isinstance(error, ChunkError) else ChunkError(f"no chunk: {error}") from error


def _spans(data: bytes) -> tuple[int, list[Span]]:
    version, length = HEAD.unpack_from(data)
    if version != VERSION:
        raise ChunkError(f"a chunk of version {version}; this program reads version {VERSION}")
    begin = HEAD.size + length
    count, names = json.loads(zlib.decompress(data[HEAD.size : begin]))
    spans = []
    for name, kind, size in names:
        spans.append((name, kind, data[begin : begin + size]))
        begin += size
    return count, spans


def _columns(count: int, spans: list[Span], wanted: Collection[str] | None) -> Iterator[Column]:
    for place in range(len(FIXED), len(spans), 3):
        name, step, piece = spans[place]
        if wanted is None or name in wanted:
            quality, reason = (_unshuffled(spans[place + more][2], count, 1) for more in (1, 2))
            yield Column(name, _values(piece, count, step), quality, reason)


def _numbers(piece: bytes, count: int) -> Array:
    return _summed(_unshuffled(piece, count, 8).view(np.int64))


def _step(values: Array) -> float | None:
    """Steps in a unit, of the coarsest decimal scale that gives every value back exactly; None where none does."""
    known = values[~np.isnan(values)]
    for step in STEPS:
        whole = np.round(known * step)
        if np.all(np.abs(whole) < LARGEST) and np.array_equal(whole / step, known):
            return step
    return None


def _whole(values: Array, step: float) -> Array:
    """Differences of the values in steps; a missing one is NO_VALUE."""
    none = np.isnan(values)
    whole = np.where(none, 0, np.round(np.where(none, 0, values) * step)).astype(np.int64)
    whole[none] = NO_VALUE
    return _differences(whole)


def _values(piece: bytes, count: int, step: float | None) -> Array:
    raw = _unshuffled(piece, count, 8).view(np.int64)
    if step is None:
        return raw.view(np.float64)
    whole = _summed(raw)
    return np.where(whole == NO_VALUE, np.nan, whole / step)


def _differences(values: Array) -> Array:
    steps = values.copy()
    steps[1:] -= values[:-1]
    return (steps << 1) ^ (steps >> 63)


def _summed(steps: Array) -> Array:
    return np.cumsum((steps >> 1) ^ -(steps & 1))


def _shuffled(values: Array) -> bytes:
    """All first bytes, then all second ones, and so on: what changes little lies together."""
    width = values.itemsize
    return np.ascontiguousarray(values).view(np.uint8).reshape(-1, width).T.tobytes()


def _unshuffled(piece: bytes, count: int, width: int) -> Array:
    if not piece:
        return np.zeros(count * width, np.uint8)
    raw = np.frombuffer(zlib.decompress(piece), np.uint8)
    return np.ascontiguousarray(raw.reshape(width, count).T).reshape(-1)

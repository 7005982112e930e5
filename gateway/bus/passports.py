"""Calibration passports as the nodes keep them, read when the line has time; a new one is told.

A passport is the document `calibration` of a channel (hardware/registers.py): a key and at most five entries, newest first;
firmware/field/passport.py says what an entry holds. The key goes with the probe, the gateway's journal keeps what the node
forgets.
"""

import asyncio
import contextlib
import json
import math
import struct
from collections.abc import Callable, Sequence
from typing import Any

from gateway.bus import blocks
from gateway.bus.device import Device
from gateway.bus.errors import BusError
from gateway.bus.node import Node
from gateway.bus.turns import GUEST
from hardware.registers import DOCUMENT, DOCUMENT_CALIBRATION, SELECT

FIRST_LOOK_S = 60.0
LOOK_EVERY_S = 1800.0
REST_S = 1.0
LARGEST_BYTES = 8192
PIECE_BYTES = 2 * DOCUMENT.repeat
NUMBERS = ("temperature_c", "salinity_psu", "pressure_hpa", "before", "after")

Known = set[tuple[str, str, int]]
Tell = Callable[[str, dict[str, Any]], None]


class PassportWatch:
    """Looks at each node in its turn. `known` has (device, key, when) of what was told before."""

    def __init__(self, nodes: Sequence[Node], known: Known, tell: Tell) -> None:
        self._nodes = nodes
        self._known = known
        self._tell = tell

    async def run(self) -> None:
        """Until cancelled."""
        await asyncio.sleep(FIRST_LOOK_S)
        while True:
            for node in self._nodes:
                await self.look(node)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, node: Node, rest_s: float = REST_S) -> None:
        """One node's channels; what cannot be read now is read the next time."""
        channels = node.identity.channels if node.identity and node.usable else 0
        for channel in range(channels):
            with contextlib.suppress(BusError, ValueError, struct.error):
                self._compare(node.name, await read_document(node.device, DOCUMENT_CALIBRATION, channel))
            await asyncio.sleep(rest_s)

    def _compare(self, device: str, document: bytes) -> None:
        key, entries = parsed(document)
        for entry in reversed(entries):
            mark = (device, key, entry["when"])
            if mark not in self._known:
                self._known.add(mark)
                self._tell(device, {"key": key, **entry})


async def read_document(device: Device, document: int, index: int) -> bytes:
    """A whole document, empty when there is none; raises BusError, and ValueError when somebody else reads meanwhile."""
    found, size = b"", 1
    while len(found) < size:
        at = len(found)
        await device.write(SELECT, [document, index, at >> 16, at & 0xFFFF], GUEST)
        words = await device.read(DOCUMENT, DOCUMENT.length, GUEST)
        head = blocks.head(DOCUMENT, words)
        size = head["size"]
        if (head["document"], head["index"], head["offset"]) != (document, index, at) or size > LARGEST_BYTES:
            raise ValueError("another place of the document than was asked for")
        if not size:
            return b""
        found += blocks.packed(words[DOCUMENT.head_length :])[: min(PIECE_BYTES, size - at)]
    return found


def parsed(document: bytes) -> tuple[str, list[dict[str, Any]]]:
    """Key and entries, newest first, of what is worth keeping; ValueError when the document makes no sense."""
    if not document:
        return "", []
    try:
        found = json.loads(document)
        return str(found["key"]), [_entry(entry) for entry in found["entries"]]
    except (KeyError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"a passport that makes no sense: {error!r}") from error


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    numbers = {name: _number(entry.get(name)) for name in NUMBERS}
    return {
        "method": str(entry["kind"])[:20],
        "who": str(entry["who"])[:80],
        "standard": str(entry["standard"])[:80],
        "when": int(entry["when"]),
        "due": int(entry["due"]),
        "slope": _number(entry["curve"][-1][1]),
        **numbers,
    }


def _number(value: Any) -> float | None:
    return round(float(value), 4) if isinstance(value, int | float) and math.isfinite(value) else None

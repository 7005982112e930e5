"""Passports of calibrations: read from a node piece by piece, told once, shown with what is due."""

import json
import struct
from typing import Any, cast

import pytest

from gateway.bus.blocks import Identity
from gateway.bus.device import Device
from gateway.bus.node import Node
from gateway.bus.passports import PassportWatch, parsed, read_document
from gateway.web.passports_page import passports
from hardware.registers import DOCUMENT, DOCUMENT_CALIBRATION, MAGIC, MAP_VERSION, ROLE_POND, SELECT, Block

ENTRY = {
    "kind": "do_2",
    "points": [[1.0, 0.0], [96.0, 100.0]],
    "curve": [[0.0, 1.05, -1.05]],
    "who": "Tư",
    "when": 1_790_000_000,
    "standard": "zero + air",
    "temperature_c": 28.5,
    "salinity_psu": 15.0,
    "pressure_hpa": 1009.0,
    "before": 96.0,
    "after": 100.0,
    "due": 1_797_776_000,
}


class Shelf:
    """A device that shows documents as a node does, and nothing else."""

    def __init__(self, *documents: bytes) -> None:
        self.documents = list(documents)
        self.reads = 0
        self._place = (0, 0, 0)

    async def write(self, block: Block, words: list[int], _urgency: int) -> None:
        assert block is SELECT
        self._place = (words[0], words[1], words[2] << 16 | words[3])

    async def read(self, block: Block, count: int, _urgency: int) -> list[int]:
        assert (block, count) == (DOCUMENT, DOCUMENT.length)
        self.reads += 1
        kind, index, at = self._place
        document = self.documents[index] if index < len(self.documents) else b""
        piece = document[at : at + 200].ljust(200, b"\0")
        image = struct.pack(">HHHII", DOCUMENT.number, kind, index, len(document), at) + piece
        return list(struct.unpack(f">{DOCUMENT.length}H", image))


class NodeStub:
    """As much of a node as the watch asks for."""

    def __init__(self, shelf: Shelf, channels: int) -> None:
        self.device, self.name, self.usable = shelf, "node-1", True
        self.identity = Identity(
            hardware_id="n1", magic=MAGIC, map_version=MAP_VERSION, role=ROLE_POND, firmware="1", channels=channels,
            aerators=0, sample_period_s=10.0, boot=1,
        )  # fmt: skip


def document(*entries: dict[str, Any], key: str = "rdo@1-2") -> bytes:
    return json.dumps({"key": key, "entries": list(entries)}).encode()


async def look(shelf: Shelf, known: set[tuple[str, str, int]]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    node = NodeStub(shelf, 3)
    watch = PassportWatch([], known, lambda _device, entry: told.append(entry))
    await watch.look(cast(Node, node), rest_s=0.0)
    return told


async def test_a_document_is_put_together_from_its_pieces() -> None:
    whole = document(ENTRY, ENTRY)
    shelf = Shelf(b"", whole)
    assert await read_document(cast(Device, shelf), DOCUMENT_CALIBRATION, 1) == whole
    assert shelf.reads == -(-len(whole) // 200)
    assert await read_document(cast(Device, shelf), DOCUMENT_CALIBRATION, 0) == b""


async def test_each_calibration_is_told_once_the_oldest_first() -> None:
    newer = {**ENTRY, "when": ENTRY["when"] + 100}  # type: ignore[operator]
    known: set[tuple[str, str, int]] = set()
    told = await look(Shelf(b"", document(newer, ENTRY)), known)
    assert [entry["when"] for entry in told] == [ENTRY["when"], newer["when"]]
    assert told[0] == {
        "key": "rdo@1-2", "method": "do_2", "who": "Tư", "standard": "zero + air", "when": 1_790_000_000,
        "due": 1_797_776_000, "slope": 1.05, "temperature_c": 28.5, "salinity_psu": 15.0, "pressure_hpa": 1009.0,
        "before": 96.0, "after": 100.0,
    }  # fmt: skip
    assert await look(Shelf(b"", document(newer, ENTRY)), known) == []


async def test_a_damaged_passport_hides_no_other() -> None:
    told = await look(Shelf(b"not json", document({"kind": "do_2"}), document(ENTRY)), set())
    assert len(told) == 1


@pytest.mark.parametrize(
    "rubbish", [b"[1]", b'{"key": 1}', document({**ENTRY, "curve": []}), document({**ENTRY, "when": "x"})]
)
def test_rubbish_is_no_passport(rubbish: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parsed(rubbish)


def test_what_is_due_stands_first() -> None:
    _, (entry,) = parsed(document(ENTRY))
    older = {"detail": {"device": "node-1", "key": "a", **entry}}
    later = {"detail": {"device": "node-2", "key": "b", **entry, "due": entry["due"] + 86400 * 30}}
    found = passports(
        [later, older, {"detail": {"device": "node-3", "text": "of an older gateway"}}], entry["due"] + 10.0
    )
    assert [(passport.device, passport.due_days) for passport in found] == [("node-1", -1), ("node-2", 29)]
    assert found[0].quantity == "do_sat"

"""A copy of what a node was told: its settings and its calibrations, in a file that proves itself whole."""

import hashlib
import json
from typing import Any

from firmware.field.frame import Trouble
from firmware.field.node_client import NodeClient
from hardware.registers import DOCUMENT_CALIBRATION, DOCUMENT_SETTINGS

FORMAT = "pondkeeper-node-copy"


def take(client: NodeClient, wall_s: int) -> dict[str, Any]:
    """Read everything that `restore` needs; Trouble when the node does not answer."""
    identity = client.identity()
    calibration = {}
    for channel in range(identity.channels):
        document = client.read_document(DOCUMENT_CALIBRATION, channel)
        if document:
            calibration[str(channel)] = document.decode()
    return {
        "format": FORMAT,
        "made": wall_s,
        "hardware_id": identity.hardware_id,
        "role": identity.role,
        "unit_id": identity.unit_id,
        "firmware": identity.firmware,
        "settings": client.read_document(DOCUMENT_SETTINGS).decode(),
        "calibration": calibration,
    }


def packed(copy: dict[str, Any]) -> bytes:
    """The copy as a file: JSON with the SHA-256 of everything else in it."""
    return json.dumps({**copy, "sha256": _hash(copy)}, indent=1, ensure_ascii=False).encode()


def unpacked(data: bytes, name: object) -> dict[str, Any]:
    """The copy in a file; Trouble E-FILE-03 when it is none, or was changed since it was made."""
    try:
        copy = json.loads(data)
        told = copy.pop("sha256")
        whole = copy["format"] == FORMAT and told == _hash(copy)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Trouble("E-FILE-03", file=name) from error
    if not whole:
        raise Trouble("E-FILE-03", file=name)
    return dict(copy)


def _hash(copy: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(copy, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

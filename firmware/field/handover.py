"""What was found at a node when it was handed over: gathered once, shown as a page or as data."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.field.blocks import Identity, LiveChannel
from firmware.field.files import read_file
from firmware.field.frame import Trouble
from firmware.field.label import node_name
from firmware.field.node_client import NodeClient
from firmware.field.passport import read_passport
from firmware.field.rtu import NoAnswer
from hardware.registers import DOCUMENT_CALIBRATION, STATUS

POLLS = 200


@dataclass(frozen=True, kw_only=True)
class Handover:
    """One node, as it is handed over. `check` holds the rows of a saved wiring check, empty when there was none."""

    identity: Identity
    name: str
    channels: tuple[LiveChannel, ...]
    polls: int
    polls_failed: int
    calibrations: tuple[tuple[int, dict[str, Any]], ...]
    check: tuple[dict[str, Any], ...]
    alarm: str

    @property
    def line_error_percent(self) -> float:
        """Share of polls without a usable answer."""
        return 100 * self.polls_failed / self.polls

    @property
    def ready(self) -> bool:
        """True when nothing that was looked at speaks against handing over."""
        readings = all(channel.good for channel in self.channels)
        return (
            readings
            and self.line_error_percent <= 0.1
            and self.alarm != "failed"
            and all(row.get("passed") for row in self.check)
        )


def gather(client: NodeClient, *, check: Path | None, alarm: str) -> Handover:
    """Ask the node for everything; Trouble when it does not answer or the saved check is another node's."""
    identity = client.identity()
    failed = poll(client)
    return Handover(
        identity=identity,
        name=node_name(client),
        channels=client.live().channels,
        polls=POLLS,
        polls_failed=failed,
        calibrations=tuple(_newest(client, identity.channels)),
        check=saved_check(check, identity.hardware_id) if check else (),
        alarm=alarm,
    )


def poll(client: NodeClient) -> int:
    """Ask for the status 200 times without a second try; returns how many stayed without a usable answer."""
    failed = 0
    for _ in range(POLLS):
        try:
            client.rtu.read(client.unit_id, STATUS.address, STATUS.length, retries=0)
        except NoAnswer:
            failed += 1
    return failed


def saved_check(path: Path, hardware_id: str) -> tuple[dict[str, Any], ...]:
    """The rows that `check` saved for this node."""
    try:
        found = json.loads(read_file(path))
        same = found["hardware_id"] == hardware_id
        rows = tuple(dict(row) for row in found["rows"])
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble("E-FILE-04", file=path) from error
    if not same:
        raise Trouble("E-FILE-05", file=path, found=found["hardware_id"], wanted=hardware_id)
    return rows


def _newest(client: NodeClient, channels: int) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for channel in range(channels):
        passport = read_passport(client.read_document(DOCUMENT_CALIBRATION, channel), channel)
        if passport.entries:
            found.append((channel, passport.entries[0]))
    return found

"""What goes to the cloud and what comes back: JSON, one schema, version 2.

`farm/<gateway>/up/rows` carries samples, column by column for each node and boot, and events; `farm/<gateway>/up/farm` the
farm's description, `farm/<gateway>/down/ack` the cloud's word that a batch is in its database, or refused, and
`farm/<gateway>/down/command` what it asks for (commands.py).
"""

import json
from typing import Any

from gateway.clock import Clock
from gateway.farm import Farm

SCHEMA = 2
COMMANDS_SEEN_FILE = "commands.json"

Row = tuple[str, int]


def rows_topic(gateway: str) -> str:
    """Where rows go."""
    return f"farm/{gateway}/up/rows"


def farm_topic(gateway: str) -> str:
    """Where the description goes."""
    return f"farm/{gateway}/up/farm"


def ack_topic(gateway: str) -> str:
    """Where confirmations come from."""
    return f"farm/{gateway}/down/ack"


def command_topic(gateway: str) -> str:
    """Where remote commands come from."""
    return f"farm/{gateway}/down/command"


def describe(farm: Farm, nodes: dict[str, str]) -> bytes:
    """The farm for the cloud; `nodes` gives the hardware id of each node by its name in farm.toml."""
    ponds = [
        {
            "id": pond.id,
            "name": pond.name,
            "node": nodes.get(pond.node),
            "panel": nodes.get(pond.panel or ""),
            "aerators": len(pond.aerators),
            "aerator_numbers": pond.aerators,
            "alarm_low": pond.alarm_low,
            "danger_low": pond.danger_low,
        }
        for pond in farm.pond
    ]
    return _dump({"schema": SCHEMA, "name": farm.name, "ponds": ponds})


def batch(number: str, samples: list[dict[str, Any]], events: list[dict[str, Any]], clock: Clock, boot: str) -> bytes:
    """Journal rows as one message."""
    return _dump(
        {
            "schema": SCHEMA,
            "batch": number,
            "blocks": blocks([_sample(row, clock, boot) for row in samples]),
            "events": [_event(row, clock, boot) for row in events],
        }
    )


def _sample(row: dict[str, Any], clock: Clock, boot: str) -> dict[str, Any]:
    known, wall_s = _label(
        row["taken_boot"], row["taken_monotonic_s"], row["taken_wall_s"], row["wall_known"], clock, boot
    )
    return {
        "node": row["node"],
        "boot": row["boot"],
        "sequence": row["sequence"],
        "taken_at": round(wall_s, 3),
        "wall_known": known,
        "late": bool(row["late"]),
        "readings": json.loads(row["readings"]),
    }


def blocks(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Samples of the same node, boot and quantities as one block of columns."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for sample in samples:
        quantities = tuple(reading[0] for reading in sample["readings"])
        found.setdefault((sample["node"], sample["boot"], quantities), []).append(sample)
    return [_block(key, rows) for key, rows in found.items()]


def _block(key: tuple[Any, ...], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A flaw is [sample, quantity, quality, reason]; readings without one are good."""
    node, boot, quantities = key
    flaws = [
        [place, column, quality, reason]
        for place, row in enumerate(rows)
        for column, (_, _, quality, reason) in enumerate(row["readings"])
        if quality or reason
    ]
    return {
        "node": node,
        "boot": boot,
        "quantities": quantities,
        **{name: [row[name] for row in rows] for name in ("sequence", "taken_at", "wall_known", "late")},
        "values": [[row["readings"][column][1] for row in rows] for column in range(len(quantities))],
        "flaws": flaws,
    }


def _event(row: dict[str, Any], clock: Clock, boot: str) -> dict[str, Any]:
    known, wall_s = _label(row["at_boot"], row["at_monotonic_s"], row["at_wall_s"], row["wall_known"], clock, boot)
    return {
        "number": row["id"],
        "kind": row["kind"],
        "pond": row["pond"],
        "detail": json.loads(row["detail"]),
        "at": wall_s,
        "wall_known": known,
    }


def _label(
    row_boot: str, monotonic_s: float, wall_s: float, known: bool, clock: Clock, boot: str
) -> tuple[bool, float]:
    """A row taken before the clock was known gets its label afterwards, within the same boot of the gateway."""
    if not known and row_boot == boot and clock.wall_known():
        return True, clock.wall() - (clock.monotonic() - monotonic_s)
    return bool(known), max(0.0, wall_s)


def _dump(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()

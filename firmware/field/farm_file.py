"""What the technician's tool reads of a gateway's farm.toml: its lines, and who is on each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from firmware.field.doors import GUEST_PREFIX
from firmware.field.files import read_file
from firmware.field.frame import Trouble

BAUD = 19200


@dataclass(frozen=True, kw_only=True)
class FarmLine:
    """One line of a farm; `port` is the gateway's guest door while the gateway runs, else the adapter."""

    name: str
    port: str
    baud: int
    units: tuple[int, ...]


def read_lines(path: Path) -> list[FarmLine]:
    """The lines of a farm in the order of the file; Trouble when it is no farm.toml."""
    try:
        farm = tomllib.loads(read_file(path).decode())
        data = path.resolve().parent / farm.get("data", "data")
        nodes = [*farm["node"], *farm.get("panel", [])]
        return [
            FarmLine(
                name=line["id"],
                port=_port(data / f"line-{line['id']}.sock", line["port"]),
                baud=int(line.get("baud", BAUD)),
                units=tuple(int(node["unit"]) for node in nodes if node["line"] == line["id"]),
            )
            for line in farm["line"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Trouble("E-FILE-60", file=path) from error


def _port(door: Path, adapter: str) -> str:
    return f"{GUEST_PREFIX}{door}" if door.is_socket() else adapter

"""A farm that is being described: what was found and what people said of it, until it is a farm.toml."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit

from gateway.farm import FarmError, read_farm
from gateway.first_run.lines import Board
from gateway.people.names import free_key, slug

WEB_HOST, WEB_PORT = "0.0.0.0", 8080


@dataclass
class DraftPond:
    """One pond: the boards it hangs on, by their keys, and its aerators' outputs from 1."""

    name: str
    node: str
    panel: str = ""
    aerators: list[int] = field(default_factory=list)
    area_m2: float | None = None
    power_kw: float | None = None


@dataclass
class DraftPerson:
    """One of the people."""

    name: str
    phone: str = ""
    role: str = "worker"


@dataclass
class Draft:
    """The farm so far."""

    name: str = ""
    boards: list[Board] = field(default_factory=list)
    ponds: list[DraftPond] = field(default_factory=list)
    people: list[DraftPerson] = field(default_factory=list)

    def replace_line(self, port: str, boards: list[Board]) -> None:
        """What was found on one line, in the place of what was found there before."""
        self.boards = [board for board in self.boards if board.port != port] + boards
        known = {board.key for board in self.boards}
        self.ponds = [pond for pond in self.ponds if pond.node in known]

    @property
    def nodes(self) -> list[Board]:
        """Boards with probes."""
        return [board for board in self.boards if not board.panel and not board.trouble]

    @property
    def panels(self) -> list[Board]:
        """Boards with relays."""
        return [board for board in self.boards if board.panel]

    def propose(self) -> list[DraftPond]:
        """A pond for each node; the n-th panel with all its outputs for the n-th pond."""
        proposed = []
        for nth, node in enumerate(self.nodes):
            panel = self.panels[nth] if nth < len(self.panels) else None
            aerators = list(range(1, panel.aerators + 1)) if panel else []
            proposed.append(DraftPond(f"Ao {nth + 1}", node.key, panel.key if panel else "", aerators))
        return proposed

    def toml(self) -> str:
        """As farm.toml says it."""
        document = tomlkit.document()
        document.add("id", tomlkit.item(slug(self.name, "farm")))
        document.add("name", tomlkit.item(self.name))
        document.add("data", tomlkit.item("data"))
        document.add("web", tomlkit.item({"host": WEB_HOST, "port": WEB_PORT}))
        used = {key for pond in self.ponds for key in (pond.node, pond.panel)}
        boards = [board for board in self.boards if board.key in used]
        lines = {board.port: board.baud for board in boards}
        lined = {port: f"line-{nth}" for nth, port in enumerate(lines, 1)}
        named = _names(boards)
        _tables(document, "line", [{"id": lined[port], "port": port, "baud": baud} for port, baud in lines.items()])
        for kind in ("node", "panel"):
            rows = [
                {"id": named[board.key], "line": lined[board.port], "unit": board.unit}
                for board in boards
                if board.panel == (kind == "panel")
            ]
            _tables(document, kind, rows)
        _tables(document, "pond", [_pond(nth, pond, named) for nth, pond in enumerate(self.ponds, 1)])
        _tables(document, "person", _people(self.people))
        return tomlkit.dumps(document)

    def check(self) -> str:
        """What a farm.toml of this would be refused for, empty when it is one."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "farm.toml"
            path.write_text(self.toml(), encoding="utf-8")
            try:
                read_farm(path)
            except FarmError as error:
                return str(error).replace(f"{path}, ", "")
        return ""


def _names(boards: list[Board]) -> dict[str, str]:
    names: dict[str, str] = {}
    for panel in (False, True):
        word = "panel" if panel else "node"
        of_kind = [board for board in boards if board.panel == panel]
        names |= {board.key: f"{word}-{nth}" for nth, board in enumerate(of_kind, 1)}
    return names


def _pond(nth: int, pond: DraftPond, named: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"id": f"ao-{nth}", "name": pond.name, "node": named[pond.node]}
    if pond.panel and pond.aerators:
        row |= {"panel": named[pond.panel], "aerators": pond.aerators}
        if pond.power_kw is not None:
            row["power_kw"] = pond.power_kw
    if pond.area_m2 is not None:
        row["area_m2"] = pond.area_m2
    return row


def _people(people: list[DraftPerson]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for person in people:
        key = free_key(person.name, [row["id"] for row in rows])
        rows.append(
            {"id": key, "name": person.name, "role": person.role} | ({"phone": person.phone} if person.phone else {})
        )
    return rows


def _tables(document: tomlkit.TOMLDocument, name: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    tables = tomlkit.aot()
    for row in rows:
        tables.append(tomlkit.item(row))
    document.add(name, tables)

"""farm.toml, changed by the pages: comments stay, what was is kept, and no change leaves a farm that cannot be read."""

import hashlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit

from gateway.farm import Farm, FarmError, read_farm
from gateway.files import write_whole

KEPT = 50

Document = tomlkit.TOMLDocument
Change = Callable[[Document], None]


class Overtaken(Exception):
    """Somebody else has changed farm.toml meanwhile."""


@dataclass(frozen=True)
class Version:
    """An earlier farm.toml: its file's name tells its turn, when it was replaced, and by whom."""

    name: str
    at_wall_s: float
    who: str


class SettingsFile:
    """One farm.toml and its history. Every method raises FarmError or OSError where it says no."""

    def __init__(self, path: Path, data: Path, wall: Callable[[], float]) -> None:
        self.path = path
        self._history = data / "history"
        self._wall = wall

    def text(self) -> str:
        """As it stands."""
        return self.path.read_text(encoding="utf-8")

    def mark(self) -> str:
        """Tells one version from another."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]

    def document(self) -> Document:
        """To be read or changed."""
        return tomlkit.parse(self.text())

    def tried(self, change: Change) -> tuple[str, Farm]:
        """The text and the farm that a change would make; FarmError says in words why there would be none."""
        document = self.document()
        change(document)
        text = tomlkit.dumps(document)
        return text, self.read(text)

    def read(self, text: str) -> Farm:
        """The farm of a text that would lie in the place of farm.toml."""
        with tempfile.NamedTemporaryFile("w", suffix=".toml", dir=self.path.parent, encoding="utf-8") as file:
            file.write(text)
            file.flush()
            try:
                return read_farm(Path(file.name))
            except FarmError as error:
                raise FarmError(str(error).replace(f"{file.name}, ", "")) from error

    def save(self, text: str, who: str, mark: str) -> None:
        """Put the text in the place of farm.toml; Overtaken when that is no longer the one with this mark."""
        if self.mark() != mark:
            raise Overtaken
        self.read(text)
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(self._wall()))
        number = max((int(version.name.split(".")[0]) for version in self.versions()), default=0) + 1
        write_whole(self._history / f"{number:06d}.{stamp}.{who}.toml", self.text(), mode=0o600)
        write_whole(self.path, text, mode=self.path.stat().st_mode & 0o777)
        for old in sorted(self._history.glob("*.toml"))[:-KEPT]:
            old.unlink()

    def versions(self) -> list[Version]:
        """Earlier ones, newest first."""
        found = []
        for file in sorted(self._history.glob("*.toml"), reverse=True):
            parts = file.name.split(".")
            found.append(Version(file.name, file.stat().st_mtime, parts[2] if len(parts) == 4 else ""))
        return found

    def undo(self, who: str) -> bool:
        """Put the newest earlier version back; False when there is none. That version leaves the history with it."""
        newest = next(iter(self.versions()), None)
        if newest is None:
            return False
        file = self._history / newest.name
        text = file.read_text(encoding="utf-8")
        self.save(text, who, self.mark())
        file.unlink(missing_ok=True)
        return True


def table_of(document: Document, name: str, key: str) -> Any:
    """The table of `[[name]]` whose id is `key`; KeyError when there is none."""
    for table in document.get(name, []):
        if table.get("id") == key:
            return table
    raise KeyError(f"{name} {key}")


def add_table(document: Document, name: str, values: dict[str, Any]) -> None:
    """One more table of `[[name]]`."""
    tables: Any = document.get(name)
    if tables is None:
        tables = tomlkit.aot()
        document.add(name, tables)
        tables = document[name]
    tables.append(tomlkit.item(values))


def remove_table(document: Document, name: str, key: str) -> None:
    """Without the table of `[[name]]` whose id is `key`; KeyError when there is none."""
    tables: Any = document.get(name, [])
    for at, table in enumerate(tables):
        if table.get("id") == key:
            del tables[at]
            if not len(tables):
                document.remove(name)
            return
    raise KeyError(f"{name} {key}")

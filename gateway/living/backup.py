"""`backup`: the whole farm in one file, taken while it runs."""

import contextlib
import fnmatch
import os
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import apsw

from gateway.clock import Clock
from gateway.farm import Farm
from gateway.journal.schema import VERSION as JOURNAL_VERSION
from gateway.living import archive
from gateway.living.archive import Manifest

JOURNAL = "journal.sqlite"
LEFT_OUT = (
    "*.sock",
    "*.sqlite-wal",
    "*.sqlite-shm",
    "*.new",
    "*.broken-*",
    "installed.json",
    "server.crt",
    "server.key",
)


def make_backup(path: Path, farm: Farm, to: Path, history: bool = True) -> Manifest:
    """Write the backup in one piece, or leave what was there; raises OSError and apsw.Error."""
    new = to.with_name(f"{to.name}.new")
    with tempfile.TemporaryDirectory(dir=to.resolve().parent, prefix=".backup-") as folder:
        sources = dict(_sources(path, farm, Path(folder), history))
        manifest = Manifest(
            version=archive.VERSION,
            pondkeeper=version("pondkeeper"),
            farm=farm.id,
            made_wall_s=Clock().wall(),
            journal=JOURNAL_VERSION if f"data/{JOURNAL}" in sources else None,
            files={name: (_digest(source), source.stat().st_mode & 0o777) for name, source in sources.items()},
        )
        try:
            new.touch(0o600)
            archive.write(new, manifest, sources)
            with new.open("rb") as written:
                os.fsync(written.fileno())
            new.replace(to)
        finally:
            new.unlink(missing_ok=True)
    return manifest


def _sources(path: Path, farm: Farm, work: Path, history: bool) -> Iterator[tuple[str, Path]]:
    """Name in the archive and file; what changes while it is read is copied into `work` first."""
    folder = path.resolve().parent
    yield "farm/farm.toml", path
    for named in sorted(set(_named(farm.model_dump()))):
        if named.is_file() and named.is_relative_to(folder) and not named.is_relative_to(farm.data):
            yield f"farm/{named.relative_to(folder)}", named
    for source in sorted(farm.data.rglob("*")):
        name = source.relative_to(farm.data)
        if not source.is_file() or any(fnmatch.fnmatch(source.name, pattern) for pattern in LEFT_OUT):
            continue
        if source.suffix == ".sqlite":
            if history or source.name != JOURNAL:
                yield f"data/{name}", _copied(source, work / str(name).replace("/", "-"))
        else:
            yield f"data/{name}", _still(source, work / str(name).replace("/", "-"))


def _named(value: Any) -> Iterator[Path]:
    """The files that a farm's description names."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _named(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, Path) or (isinstance(value, str) and value.startswith("/") and value.endswith(".toml")):
        yield Path(value)


def _copied(source: Path, to: Path) -> Path:
    """A database as of one moment, though others write to it."""
    with (
        contextlib.closing(apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)) as one,
        contextlib.closing(apsw.Connection(str(to))) as other,
        other.backup("main", one, "main") as copying,
    ):
        while not copying.done:
            copying.step(1000)
    to.chmod(source.stat().st_mode & 0o777)
    return to


def _still(source: Path, to: Path) -> Path:
    to.write_bytes(source.read_bytes())
    to.chmod(source.stat().st_mode & 0o777)
    return to


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return archive.copy(file)

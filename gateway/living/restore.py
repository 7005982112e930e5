"""`restore`: a farm as it was, on this machine or on one that never saw it."""

import os
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.farm import Farm, socket_of
from gateway.journal.schema import VERSION as JOURNAL_VERSION
from gateway.living.archive import ArchiveError, unpack
from gateway.living.findings import snapshot
from gateway.living.tls import Certificates, own_names, utc_now

KEPT = "installed.json"


@dataclass(frozen=True)
class Restored:
    """Where the data lies now, and what was put aside."""

    data: Path
    aside: list[Path]


def restore_backup(file: Path, path: Path, now: datetime) -> Restored:
    """Check everything, then change places; raises ArchiveError, and nothing has changed then."""
    if not file.is_file():
        raise ArchiveError("no_backup")
    folder = path.parent.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as work:
            return _restore(file, path, Path(work), now)
    except OSError as error:
        raise ArchiveError("disk", str(error)) from error


def _restore(file: Path, path: Path, work: Path, now: datetime) -> Restored:
    manifest = unpack(file, work)
    if (manifest.journal or 0) > JOURNAL_VERSION:
        raise ArchiveError("newer", manifest.pondkeeper)
    data = _data_of(work / "farm/farm.toml", path)
    if snapshot(socket_of(data)) is not None:
        raise ArchiveError("running")
    (work / "data").mkdir(mode=0o700, exist_ok=True)
    stamp = now.strftime("%Y%m%d-%H%M%S")
    staged = data.with_name(f".{data.name}.restoring-{stamp}")
    data.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(str(work / "data"), staged)
    _prepare(staged, data, path)
    aside = []
    if data.exists():
        aside.append(data.rename(data.with_name(f"{data.name}.before-{stamp}")))
    staged.rename(data)
    for source in sorted((work / "farm").rglob("*")):
        if source.is_file():
            aside += _place(source, path.parent.resolve() / source.relative_to(work / "farm"), path, stamp)
    return Restored(data, aside)


def _data_of(described: Path, path: Path) -> Path:
    """Where the data of the restored farm shall lie: as its description says, seen from `path`."""
    try:
        farm = Farm.model_validate(tomllib.loads(described.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ArchiveError("damaged", str(error)) from error
    return (path.parent / farm.data).resolve()


def _prepare(staged: Path, data: Path, path: Path) -> None:
    """What belongs to this machine stays of this machine: its record of the installation, certificates of its names."""
    if (data / KEPT).exists():
        shutil.copy2(data / KEPT, staged / KEPT)
    if (staged / "tls").exists():
        Certificates(staged / "tls").ensure(own_names(), utc_now())
    staged.chmod(0o700)
    for each in (staged, *staged.rglob("*")):
        _give(each, path)


def _place(source: Path, to: Path, path: Path, stamp: str) -> list[Path]:
    aside = []
    to.parent.mkdir(parents=True, exist_ok=True)
    if to.exists() and to.read_bytes() != source.read_bytes():
        aside.append(to.with_name(f"{to.name}.before-{stamp}"))
        shutil.copy2(to, aside[0])
    _give(source, path)
    source.replace(to)
    return aside


def _give(file: Path, path: Path) -> None:
    """Restored by root, it belongs to whom the farm's folder belongs."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(file, owner.st_uid, owner.st_gid)

"""The file that a backup is: a tar.gz with `manifest.json` first, then the files it names, under `farm/` and `data/`."""

import hashlib
import io
import json
import re
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

VERSION = 1
MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 5_000_000
NAME = re.compile(r"^(farm|data)(/[^/\0]+)+$")


class ArchiveError(Exception):
    """A backup that cannot be used: `code` names its text `restore.<code>`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`files` gives SHA-256 and mode of each; `journal` the version of its tables, None without history."""

    version: int
    pondkeeper: str
    farm: str
    made_wall_s: float
    journal: int | None
    files: dict[str, tuple[str, int]]


def write(path: Path, manifest: Manifest, sources: dict[str, Path]) -> None:
    """Write the archive in one piece; OSError when the disk refuses."""
    text = json.dumps(asdict(manifest), indent=1).encode()
    with tarfile.open(path, "w:gz", compresslevel=6) as archive:
        head = tarfile.TarInfo(MANIFEST)
        head.size = len(text)
        archive.addfile(head, io.BytesIO(text))
        for name, source in sources.items():
            archive.add(source, name, recursive=False)


def unpack(path: Path, into: Path) -> Manifest:
    """Every file of the manifest, each as it was; raises ArchiveError, and what lies in `into` is then of no use."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            manifest = _manifest(archive)
            left = set(manifest.files)
            while (member := archive.next()) is not None:
                if member.name not in left or not member.isfile():
                    raise ArchiveError("damaged", member.name)
                _take(archive, member, into / member.name, *manifest.files[member.name])
                left.discard(member.name)
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError("damaged", str(error)) from error
    if left:
        raise ArchiveError("damaged", ", ".join(sorted(left)))
    return manifest


def _manifest(archive: tarfile.TarFile) -> Manifest:
    head = archive.next()
    stream = archive.extractfile(head) if head is not None and head.name == MANIFEST else None
    if head is None or stream is None or head.size > MOST_MANIFEST_BYTES:
        raise ArchiveError("no_backup")
    found = json.loads(stream.read())
    if found["version"] > VERSION:
        raise ArchiveError("newer", str(found["pondkeeper"]))
    files = {str(name): (str(digest), int(mode)) for name, (digest, mode) in found["files"].items()}
    if strange := [name for name in files if not NAME.match(name) or ".." in name.split("/")]:
        raise ArchiveError("damaged", strange[0])
    return Manifest(**{**found, "files": files})


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, to: Path, digest: str, mode: int) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    stream = archive.extractfile(member)
    assert stream is not None
    with to.open("xb") as file:
        if copy(stream, file) != digest:
            raise ArchiveError("damaged", member.name)
    to.chmod(mode & 0o777)


def copy(source: IO[bytes], to: IO[bytes] | None = None) -> str:
    """Copy to the end; returns the SHA-256."""
    sha = hashlib.sha256()
    while piece := source.read(1 << 20):
        sha.update(piece)
        if to is not None:
            to.write(piece)
    return sha.hexdigest()

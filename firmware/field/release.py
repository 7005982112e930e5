"""A release folder as the technician carries it: a signed manifest and the files it names."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from firmware.field.files import read_file
from firmware.field.frame import Trouble

MANIFEST = "manifest"
NAME = "pondkeeper"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version of the application: the manifest as it is signed, and each file's bytes in its order."""

    version: str
    manifest: bytes
    paths: tuple[str, ...]
    files: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(len(data) for data in self.files)


def read_release(folder: Path) -> Release:
    """The release in this folder, every file checked against the manifest; the signature is the node's to judge."""
    manifest = read_file(folder / MANIFEST)
    try:
        lines = manifest.decode("ascii").splitlines()
        name, version = lines[0].split()
        entries = [_entry(line) for line in lines[1:-1]]
        good = name == NAME and lines[-1].startswith("signature ")
    except (UnicodeDecodeError, ValueError, IndexError) as error:
        raise Trouble("E-IMAGE-60", file=folder / MANIFEST) from error
    if not good or any(".." in path or path.startswith("/") for _, _, path in entries):
        raise Trouble("E-IMAGE-60", file=folder / MANIFEST)
    files = []
    for digest, length, path in entries:
        data = read_file(folder / path)
        if len(data) != length or hashlib.sha256(data).hexdigest() != digest:
            raise Trouble("E-IMAGE-61", file=folder / path)
        files.append(data)
    paths = tuple(path for _, _, path in entries)
    return Release(version=version, manifest=manifest, paths=paths, files=tuple(files))


def _entry(line: str) -> tuple[str, int, str]:
    digest, length, path = line.split()
    return digest, int(length), path

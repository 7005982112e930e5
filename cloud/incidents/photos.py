"""Photos as files, under names that say nothing."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from cloud.incidents.pictures import MEDIA_TYPES, cleaned

LARGEST_BYTES = 2 * 1024 * 1024


class TooLarge(ValueError):
    """A photo is larger than is taken."""


def keep(folder: Path, data: bytes) -> str:
    """Write a photo; its new name. TooLarge, NoPicture, OSError when the disk refuses."""
    if len(data) > LARGEST_BYTES:
        raise TooLarge(f"the photo has {len(data)} bytes, {LARGEST_BYTES} are taken: send a smaller one")
    kind, picture = cleaned(data)
    name = f"{secrets.token_hex(16)}.{kind}"
    path = photo_path(folder, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(picture)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    return name


def photo_path(folder: Path, name: str) -> Path:
    """Where the photo of this name lies: 256 folders, so that none holds too many."""
    return folder / name[:2] / name


def media_type(name: str) -> str:
    """The media type of a kept photo."""
    return MEDIA_TYPES[name.rsplit(".", 1)[1]]


def drop(folder: Path, names: Iterable[str]) -> None:
    """Remove photos; those that are gone already are no trouble."""
    for name in names:
        photo_path(folder, name).unlink(missing_ok=True)

"""The bundle: a folder of interpreter images with what is known of each, checked before any byte reaches a board."""

import hashlib
import json
import os
import shutil
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

from firmware.field.trouble import Trouble

INDEX = "bundle.json"
IMAGE_MAGIC = 0xE9
HEADER_BYTES = 24
# Chip number in an image's header, its name for the programmer, and where its boot loader starts in flash.
CHIPS = {
    0: ("esp32", 0x1000),
    2: ("esp32s2", 0x1000),
    5: ("esp32c3", 0),
    9: ("esp32s3", 0),
    12: ("esp32c2", 0),
    13: ("esp32c6", 0),
    16: ("esp32h2", 0),
}


@dataclass(frozen=True, kw_only=True)
class Image:
    """One interpreter image."""

    name: str
    chip: str
    offset: int
    size: int
    sha256: str


def default_folder() -> Path:
    """Where the technician's images lie unless another folder is named."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path("~/.local/share").expanduser()) / "pondkeeper/bundle"


def examine(path: Path) -> Image:
    """Read an image file's header and digest; Trouble when it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Trouble("E-FILE-11", path=path, problem=error.strerror) from error
    if len(data) < HEADER_BYTES or data[0] != IMAGE_MAGIC:
        raise Trouble("E-IMAGE-01", path=path)
    number = struct.unpack_from("<H", data, 12)[0]
    if number not in CHIPS:
        raise Trouble("E-IMAGE-02", path=path, number=number)
    chip, offset = CHIPS[number]
    return Image(name=path.name, chip=chip, offset=offset, size=len(data), sha256=hashlib.sha256(data).hexdigest())


class Bundle:
    """The images of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def images(self) -> list[Image]:
        """What the bundle holds, by its own list."""
        try:
            listed = json.loads((self.folder / INDEX).read_text(encoding="utf-8"))
            return [Image(**entry) for entry in listed["images"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Trouble("E-IMAGE-05", path=self.folder / INDEX) from error

    def add(self, path: Path) -> Image:
        """Take an image in; the list names it only when the whole file is in the folder."""
        image = examine(path)
        others = [other for other in self.images() if other.name != image.name]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if path.resolve() != (self.folder / image.name).resolve():
                shutil.copyfile(path, self.folder / f"{image.name}.new")
                (self.folder / f"{image.name}.new").replace(self.folder / image.name)
            self._write([*others, image])
        except OSError as error:
            raise Trouble("E-FILE-12", path=self.folder, problem=error.strerror) from error
        return image

    def choose(self, name: str | None, chip: str) -> Image:
        """The image to write: by name, else the newest taken in for the chip."""
        images = self.images()
        fitting = [image for image in images if (image.name == name if name else image.chip == chip)]
        if not fitting:
            raise Trouble("E-IMAGE-04", folder=self.folder, chip=chip)
        return fitting[-1]

    def path(self, image: Image) -> Path:
        """The file of an image, proven to be the one that was taken in."""
        path = self.folder / image.name
        if examine(path) != image:
            raise Trouble("E-IMAGE-03", path=path)
        return path

    def _write(self, images: list[Image]) -> None:
        new = self.folder / f"{INDEX}.new"
        new.write_text(json.dumps({"images": [asdict(image) for image in images]}, indent=2), encoding="utf-8")
        new.replace(self.folder / INDEX)

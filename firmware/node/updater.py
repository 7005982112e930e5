# Fills the other slot with a signed application, checks every byte of it, and switches.
#
# The slot's manifest is removed first and put in place last, so a slot with a manifest is whole. Until the one number in
# non-volatile storage changes, the node boots what it ran before.

import os

from firmware.node import slots
from firmware.node.essentials import public_key
from firmware.node.manifest import Manifest, holds
from firmware.node.refused import ILLEGAL_VALUE, Refused
from firmware.node.version import VERSION
from hardware.registers import (
    REFUSED_CONTENT,
    REFUSED_NO_KEY,
    REFUSED_NOTHING,
    REFUSED_OLDER,
    REFUSED_SIGNATURE,
    REFUSED_UNASKED,
)

_NEW = "/manifest.new"


class Updater:
    # `door` is the Update.
    def __init__(self, door, slot: int) -> None:
        self._door = door
        self._transfer = door.transfer
        self._slot = slot
        self._folder = slots.FOLDERS[slot]
        self._manifest = None

    def check_manifest(self) -> int:
        return REFUSED_NOTHING if public_key(self._door.key) else REFUSED_NO_KEY

    def take_manifest(self, path: str) -> int:
        self._forget()
        try:
            manifest = Manifest(path)
            if not manifest.signed():
                return REFUSED_SIGNATURE
            code = manifest.judge(public_key(self._door.key), self._door.feed)
        except ValueError:
            return REFUSED_CONTENT
        if code:
            return code
        if manifest.version < self._floor():
            return REFUSED_OLDER
        self._begin(path)
        return REFUSED_NOTHING

    def check_file(self, index: int, size: int, digest: bytes) -> int:
        if self._manifest is None or index != self._transfer.next_file or index >= self._manifest.files:
            return REFUSED_UNASKED
        wanted, length, _ = self._manifest.entry(index)
        return REFUSED_NOTHING if (wanted, length) == (digest, size) else REFUSED_UNASKED

    def take_file(self, index: int, path: str) -> int:
        if self._manifest is None:
            return REFUSED_UNASKED
        name = self._folder + "/" + self._manifest.entry(index)[2]
        make_folders(name)
        os.rename(path, name)
        self._transfer.next_file = index + 1
        self._transfer.work = self._scan()
        return REFUSED_NOTHING

    def switch(self) -> None:
        manifest = self._manifest
        if self._transfer.work is not None:
            raise Refused(ILLEGAL_VALUE)
        if manifest is not None:
            if self._transfer.next_file < manifest.files:
                raise Refused(ILLEGAL_VALUE)
            self._transfer.work = self._switch(self._slot, _NEW)
            return
        slot = slots.chosen() ^ 1 if slots.installed(slots.chosen() ^ 1) else slots.chosen()
        if not slots.installed(slot) or slot == slots.running():
            raise Refused(ILLEGAL_VALUE)
        self._transfer.work = self._switch(slot, slots.MANIFEST)

    def _forget(self) -> None:
        self._manifest = None
        self._transfer.files = self._transfer.next_file = 0

    def _floor(self) -> "tuple[int, ...]":
        # No version older than what runs here, or ran last, is taken.
        newest: "tuple[int, ...]" = VERSION
        if slots.installed(slots.chosen()):
            try:
                newest = max(newest, Manifest(slots.FOLDERS[slots.chosen()] + slots.MANIFEST).version)
            except (OSError, ValueError):
                pass
        return newest

    def _begin(self, path: str) -> None:
        make_folders(self._folder + _NEW)
        if slots.installed(self._slot):
            os.remove(self._folder + slots.MANIFEST)
        os.rename(path, self._folder + _NEW)
        self._manifest = Manifest(self._folder + _NEW)  # type: ignore[assignment]
        self._transfer.files = self._manifest.files
        self._transfer.slot = self._slot
        self._transfer.work = self._scan()

    def _scan(self):
        # Goes from `next_file` to the first file that is nowhere on this board, one a step.
        for index, (digest, length, path) in enumerate(self._manifest.entries()):
            if index < self._transfer.next_file:
                continue
            if not self._found(path, digest, length):
                return
            self._transfer.next_file = index + 1
            yield
        remove_others(self._folder, [path for _, _, path in self._manifest.entries()])

    def _found(self, path: str, digest: bytes, length: int) -> bool:
        feed = self._door.feed
        if holds(self._folder + "/" + path, digest, length, feed):
            return True
        twin = slots.FOLDERS[self._slot ^ 1] + "/" + path
        if not holds(twin, digest, length, feed):
            return False
        make_folders(self._folder + "/" + path)
        copy(twin, self._folder + "/" + path)
        return True

    def _switch(self, slot: int, name: str):
        # Every byte is checked once more: what rotted since it came is found here.
        yield
        folder = slots.FOLDERS[slot]
        try:
            manifest = Manifest(folder + name)
            code = manifest.judge(public_key(self._door.key), self._door.feed)
            code = code or manifest.judge_files(folder, self._door.feed)
        except (OSError, ValueError):
            code = REFUSED_CONTENT
        if code:
            self._forget()
            self._transfer.refuse(code)
            return
        if name != slots.MANIFEST:
            os.rename(folder + name, folder + slots.MANIFEST)
        slots.switch(slot, self._door.answering())
        self._door.reset()


def make_folders(path: str) -> None:
    # Those above the file `path`.
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        folder = "/".join(parts[:count])
        if folder and not _exists(folder):
            os.mkdir(folder)


def copy(source: str, target: str) -> None:
    from firmware.node.digest import pieces

    with open(target, "wb") as file:
        for piece in pieces(source, 1 << 20):
            file.write(piece)


def remove_others(folder: str, wanted: "list[str]", under: str = "") -> None:
    # Files that are not in the manifest, so that an old module cannot be imported.
    for name in os.listdir(folder + "/" + under if under else folder):
        path = under + name
        if _is_folder(folder + "/" + path):
            remove_others(folder, wanted, path + "/")
        elif path.endswith(".mpy") and path not in wanted:
            os.remove(folder + "/" + path)


def _is_folder(path: str) -> bool:
    return os.stat(path)[0] & 0xF000 == 0x4000


def _exists(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True

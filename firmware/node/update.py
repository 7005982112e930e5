# The door of the update: registers its documents and loads the rest when the first one comes.

import gc

from firmware.node import slots
from hardware.registers import DOCUMENT_FILE, DOCUMENT_MANIFEST, SLOT_BASE


class Update:
    # `key` is the public key as text, `answering()` how many probes answer, `reset()` asks for a reset.
    def __init__(self, transfer, key, answering, reset, feed) -> None:
        self.transfer = transfer
        self.key = key
        self.answering = answering
        self.reset = reset
        self.feed = feed
        self._updater = None
        transfer.slot = target()
        transfer.offer_to(DOCUMENT_MANIFEST, self._read, self._take_manifest, self._check_manifest)
        transfer.offer_to(DOCUMENT_FILE, None, self._take_file, self._check_file)

    def switch(self) -> None:
        # For ACTION_SWITCH_SLOT: into the update in hand, or by force into the other slot. Raises Refused.
        self._load().switch()

    def _load(self):
        if self._updater is None:
            gc.collect()
            from firmware.node.updater import Updater

            self._updater = Updater(self, target())  # type: ignore[assignment]
        return self._updater

    def _read(self, index: int) -> "str | None":
        # 0 the slot that runs or ran last, 1 the other.
        slot = slots.chosen() ^ index & 1
        return slots.FOLDERS[slot] + slots.MANIFEST if slots.installed(slot) else None

    def _check_manifest(self, index: int, size: int, digest: bytes) -> int:
        return self._load().check_manifest()

    def _take_manifest(self, index: int, path: str) -> int:
        return self._load().take_manifest(path)

    def _check_file(self, index: int, size: int, digest: bytes) -> int:
        return self._load().check_file(index, size, digest)

    def _take_file(self, index: int, path: str) -> int:
        return self._load().take_file(index, path)


def target() -> int:
    # The slot that an update goes to: never the one that runs.
    slot = slots.running()
    if slot != SLOT_BASE:
        return slot ^ 1
    for slot in (0, 1):
        if not slots.installed(slot):
            return slot
    return slots.chosen() ^ 1

"""A SQLite VFS that remembers every write, and can say what a power cut would have left on disk.

The real files are written as usual. Beside that, the disk keeps a log of what was asked of it. Any
prefix of the log is a moment the power may fail at: `survivors` replays it, keeping what was synced
and a random subset, in 512-byte sectors, of what was not. Directory entries are held to the same
rule: a file's creation or deletion is certain only once its directory was synced.
"""

import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import apsw

SECTOR = 512
# The unix VFS syncs the directory at the first sync of a file opened to be created as one of these.
_SYNCS_DIRECTORY = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


@dataclass(frozen=True, slots=True)
class Event:
    kind: Literal["create", "delete", "write", "truncate", "sync", "sync_directory"]
    name: str = ""
    offset: int = 0  # truncate: the new size; sync: the log position at which the sync began
    data: bytes = b""


@dataclass(slots=True)
class _Inode:
    synced: bytearray
    unsynced: list[tuple[int, Event]] = field(default_factory=list)  # with their log position

    def sync(self, before: int) -> None:
        for position, event in self.unsynced:
            if position < before:
                _apply(self.synced, event, None, 1.0)
        self.unsynced = [(position, event) for position, event in self.unsynced if position >= before]


class PowerCutDisk(apsw.VFS):
    """One database directory on a disk that may lose power. Open connections with `vfs=disk.name`."""

    def __init__(self, directory: Path, name: str = "powercut") -> None:
        self.name = name
        self._directory = directory.resolve()
        self._found = {  # read before any connection exists: closing a file drops its POSIX locks
            path.name: path.read_bytes()
            for path in self._directory.iterdir()
            if path.is_file() and not path.name.endswith("-shm")
        }
        self._log: list[Event] = []
        self._lock = threading.Lock()
        super().__init__(name, "")

    @property
    def position(self) -> int:
        """The present moment. What is acknowledged now must survive every cut from here on."""
        return len(self._log)

    def record(self, event: Event) -> None:
        with self._lock:
            self._log.append(event)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        if path.parent != self._directory:  # temporary files mean nothing after a power cut
            return super().xOpen(name, flags)
        existed = path.exists()
        file = _RecordedFile(self, path.name, name, flags)
        if not existed and path.exists():
            self.record(Event("create", path.name))
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:
        path = Path(filename)
        if path.parent == self._directory:
            self.record(Event("delete", path.name))
        super().xDelete(filename, syncdir)
        if path.parent == self._directory and syncdir:
            self.record(Event("sync_directory"))

    def survivors(self, position: int, rng: random.Random) -> dict[str, bytes]:
        """The directory as it may look when the power failed at `position`."""
        chance = rng.choice((0.0, 0.1, 0.5, 0.9, 1.0))  # of an unsynced sector or entry to survive
        current = {name: _Inode(bytearray(data)) for name, data in self._found.items()}
        entries = dict(current)  # the directory as last synced
        changes: list[tuple[str, _Inode | None]] = []  # to the directory, since then
        for at, event in enumerate(self._log[:position]):
            match event.kind:
                case "create":
                    current[event.name] = _Inode(bytearray())
                    changes.append((event.name, current[event.name]))
                case "delete":
                    if current.pop(event.name, None) is not None:
                        changes.append((event.name, None))
                case "sync":
                    current[event.name].sync(event.offset)
                case "sync_directory":
                    entries, changes = dict(current), []
                case _:
                    current[event.name].unsynced.append((at, event))
        for name, inode in changes:
            if rng.random() < chance:
                entries.pop(name, None)
                if inode is not None:
                    entries[name] = inode
        for inode in entries.values():
            for _, event in inode.unsynced:
                _apply(inode.synced, event, rng, chance)
        return {name: bytes(inode.synced) for name, inode in entries.items()}

    def cut(self, into: Path, *, seed: int, position: int | None = None) -> None:
        """Fill the new directory `into` with what a power cut now, or at `position`, leaves behind."""
        into.mkdir(parents=True)
        at = self.position if position is None else position
        for name, data in self.survivors(at, random.Random(seed)).items():
            (into / name).write_bytes(data)


class _RecordedFile(apsw.VFSFile):
    # WAL's shared memory needs nothing here: apsw hands xShmMap and its kin to the inherited VFS.
    def __init__(
        self, disk: PowerCutDisk, name: str, filename: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("", filename, flags)
        self._disk = disk
        self._name = name
        self._syncs_directory = bool(flags[0] & apsw.SQLITE_OPEN_CREATE and flags[0] & _SYNCS_DIRECTORY)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.record(Event("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._disk.record(Event("truncate", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        began = self._disk.position
        super().xSync(flags)
        self._disk.record(Event("sync", self._name, began))
        if self._syncs_directory:
            self._disk.record(Event("sync_directory"))
            self._syncs_directory = False


def _apply(content: bytearray, event: Event, rng: random.Random | None, chance: float) -> None:
    """Apply a write sector by sector, or a truncate, each with this chance; without rng, all of it."""
    if event.kind == "truncate":
        if rng is None or rng.random() < chance:
            del content[event.offset :]
            content.extend(bytes(event.offset - len(content)))
        return
    start, end = event.offset, event.offset + len(event.data)
    while start < end:
        stop = end if rng is None else min(end, (start // SECTOR + 1) * SECTOR)
        if rng is None or rng.random() < chance:
            content.extend(bytes(max(0, stop - len(content))))
            content[start:stop] = event.data[start - event.offset : stop - event.offset]
        start = stop

"""Lays files into a system, remembers which, and takes them out again without a trace."""

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.living.system_files import DATA, SystemFile

RECORD = f"{DATA}/installed.json"


class Foreign(Exception):
    """A file of somebody else is in the way; the text names it."""


@dataclass
class Layer:
    """What was laid under `root`: paths as they are inside it, the last one laid last."""

    root: Path
    files: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, root: Path) -> "Layer":
        """What an earlier run has laid; nothing where there was none."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            found = json.loads((root / RECORD[1:]).read_text(encoding="utf-8"))
            return cls(root, list(found["files"]), list(found["folders"]))
        return cls(root)

    def lay(self, files: Iterable[SystemFile], dry: bool = False) -> list[str]:
        """Lay what is not there yet; returns the paths that changed; raises Foreign before anything is touched."""
        wanted = list(files)
        changed = [file for file in wanted if not self._lies(file)]
        for file in changed:
            if file.path not in self.files and self._exists(file.path):
                raise Foreign(
                    f"{self.root / file.path[1:]} is there already and not from this installation: move it away"
                )
        if not dry:
            self._remove([path for path in self.files if path not in {file.path for file in wanted}])
            for file in changed:
                self._put(file)
            self._remember()
        return [file.path for file in changed]

    def take_out(self, dry: bool = False) -> list[str]:
        """Remove everything that was laid; folders that were made for it go when they are empty."""
        gone = [path for path in self.files if self._exists(path)]
        if not dry:
            self._remove(self.files)
            self._real(RECORD).unlink(missing_ok=True)
            for folder in reversed(self.folders):
                with contextlib.suppress(OSError):
                    self._real(folder).rmdir()
        return gone

    def _real(self, path: str) -> Path:
        return self.root / path[1:]

    def _exists(self, path: str) -> bool:
        return self._real(path).is_symlink() or self._real(path).exists()

    def _lies(self, file: SystemFile) -> bool:
        real = self._real(file.path)
        if file.link is not None:
            return real.is_symlink() and str(real.readlink()) == file.link
        return real.is_file() and not real.is_symlink() and real.read_text(encoding="utf-8") == file.text

    def make_folder(self, path: str) -> None:
        """A folder and those above it, each remembered when it was not there."""
        real = self._real(path)
        for folder in reversed([real, *real.parents]):
            if not folder.exists() and folder.is_relative_to(self.root):
                folder.mkdir()
                self.folders.append("/" + str(folder.relative_to(self.root)))

    def _put(self, file: SystemFile) -> None:
        real = self._real(file.path)
        self.make_folder(file.path.rpartition("/")[0])
        real.unlink(missing_ok=True)
        if file.link is not None:
            real.symlink_to(file.link)
        else:
            real.write_text(file.text, encoding="utf-8")
            real.chmod(0o644)
        if file.path not in self.files:
            self.files.append(file.path)

    def _remove(self, paths: list[str]) -> None:
        for path in list(paths):
            self._real(path).unlink(missing_ok=True)
            self.files.remove(path)

    def _remember(self) -> None:
        record = self._real(RECORD)
        self.make_folder(DATA)
        record.parent.chmod(0o700)
        record.write_text(json.dumps({"files": self.files, "folders": self.folders}, indent=1), encoding="utf-8")

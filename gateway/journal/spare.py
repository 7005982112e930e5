"""Room that is held back: a full disk lets SQLite neither write its log nor empty it, and so not even delete.

Giving this file up makes enough room to empty the log and to throw away old samples.
"""

import contextlib
import os
import shutil
from pathlib import Path

MOST_BYTES = 5_000_000  # more than the log at its largest
SHARE = 4  # of a small disk no more than a fourth


class Spare:
    """The file `<journal>.spare`."""

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_name(f"{journal.name}.spare")

    @property
    def size(self) -> int:
        """Bytes to hold on this disk; OSError."""
        return min(MOST_BYTES, shutil.disk_usage(self._path.parent).total // SHARE)

    def hold(self) -> None:
        """Have the file, when there is room for it; OSError."""
        if self._path.exists():
            return
        size = self.size
        descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError:
            self.give_up()
        finally:
            os.close(descriptor)

    def give_up(self) -> None:
        """Let the disk have it."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()

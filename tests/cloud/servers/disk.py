"""A small disk that can be filled."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


class Disk:
    """A disk of a few megabytes at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        assert os.statvfs(self.path).f_bavail == 0

    def free(self) -> None:
        """Somebody has made room."""
        self._ballast.unlink()


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Disk]:
    """Mount such a disk; the test is skipped where this process may not mount."""
    with tempfile.TemporaryDirectory(prefix="pk-") as name:
        path = Path(name)
        size = f"size={megabytes}m,mode=755"
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", name], capture_output=True, check=False)
        if os.getuid() != 0 or mounted.returncode != 0:
            pytest.skip("only root may mount a small disk; test_full_disk.py runs everywhere")
        try:
            yield Disk(path)
        finally:
            subprocess.run(["umount", "-l", name], check=True)

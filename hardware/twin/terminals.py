"""Pseudo-terminals that stand in for serial ports."""

import os
import termios
import tty
from pathlib import Path


class Terminal:
    """A raw pty: the twin holds `master`, whoever opens `link` holds the other end.

    The slave side stays open here, so that a peer may come and go without the master seeing an end of file.
    """

    def __init__(self, link: Path) -> None:
        """Make the pty and the symbolic link to it; OSError when the link's folder cannot be written."""
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.link = link
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(self._slave))

    def read(self) -> bytes:
        """What the peer has sent, up to 4096 bytes; empty when nothing waits."""
        try:
            return os.read(self.master, 4096)
        except (BlockingIOError, OSError):
            return b""

    def write(self, data: bytes) -> int:
        """Send to the peer; returns how many bytes were lost because it does not read."""
        try:
            return len(data) - os.write(self.master, data)
        except (BlockingIOError, OSError):
            return len(data)

    def speed(self) -> int:
        """The baud rate that the peer has set, as a constant of termios."""
        return int(termios.tcgetattr(self.master)[5])

    def close(self) -> None:
        """Hang up and remove the link."""
        self.link.unlink(missing_ok=True)
        os.close(self.master)
        os.close(self._slave)

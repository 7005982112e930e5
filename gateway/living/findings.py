"""What `doctor` finds, and where it looks: this computer, or a folder that stands for one in tests."""

import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.living.tls import utc_now

ASK_S = 2.0


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: `code` names its texts `doctor.<code>` and `doctor.<code>_mend`."""

    code: str
    values: dict[str, Any] = field(default_factory=dict)


def tell(*words: str) -> str | None:
    """What a program prints; None where there is no such program or it does not answer."""
    if shutil.which(words[0]) is None:
        return None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(words, capture_output=True, text=True, timeout=10, check=False).stdout
    return None


@dataclass(frozen=True)
class Machine:
    """`root` holds etc, proc, sys and run; `tell` runs a program."""

    root: Path = Path("/")
    tell: Callable[..., str | None] = tell
    now: Callable[[], datetime] = utc_now

    def read(self, path: str) -> str:
        """A file's text, empty when it cannot be read."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""


def snapshot(path: Path) -> dict[str, Any] | None:
    """What the control process behind this socket says; None when it says nothing."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
            link.settimeout(ASK_S)
            link.connect(str(path))
            found: dict[str, Any] = json.loads(link.makefile("rb").readline())["snapshot"]
            return found
    except (OSError, ValueError, KeyError):
        return None

"""A line in its own process, from outside."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any


class LineProcess:
    """Starts `hardware.twin.line` and gives it orders; RuntimeError when it dies or does not understand."""

    def __init__(self, links: dict[str, Path], baud: int, seed: int = 0) -> None:
        self.links = links
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hardware.twin.line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        names = {name: str(link) for name, link in links.items()}
        self._ask({"links": names, "baud": baud, "seed": seed})

    def order(self, do: str, **words: Any) -> dict[str, Any]:
        """Give one order of hardware.twin.line.obey and return the answer."""
        return self._ask({"do": do, **words})

    def close(self) -> None:
        """End the line."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
            text = self._process.stdout.readline()
        if not text:
            raise RuntimeError("the line's process has ended")
        reply: dict[str, Any] = json.loads(text)
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return reply

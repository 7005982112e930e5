# The last exceptions, in a file that cannot grow.

import os

FILE = "errors.log"
_LARGEST_BYTES = 2048


def write(text: str, folder: str = "") -> None:
    # Appends; when the file is full its older half goes. Never raises: a log that fails must not stop a node.
    try:
        name = folder + FILE
        old = _read(name)
        if len(old) + len(text) > _LARGEST_BYTES:
            old = old[-_LARGEST_BYTES // 2 :]
        with open(name + ".new", "w") as file:
            file.write((old + text + "\n")[-_LARGEST_BYTES:])
        os.rename(name + ".new", name)
    except OSError:
        pass


def _read(name: str) -> str:
    try:
        with open(name) as file:
            return file.read()
    except (OSError, ValueError):
        return ""

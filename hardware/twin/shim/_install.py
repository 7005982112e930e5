"""Copies the host folder `install` onto the flash; files under `install/once` only where the flash has none."""

import os

import _boot
from _board import host


def _copy(folder, target, replace):
    for name, kind, *_ in host.ilistdir(folder):
        if kind == 0x4000:
            if (folder, name) != ("/install", "once"):
                _make(target + "/" + name)
                _copy(folder + "/" + name, target + "/" + name, replace)
        elif replace or not _exists(target + "/" + name):
            with host.open(folder + "/" + name, "rb") as source, open(target + "/" + name, "wb") as file:
                file.write(source.read())


def _make(folder):
    if not _exists(folder):
        os.mkdir(folder)


def _exists(path):
    try:
        os.stat(path)
    except OSError:
        return False
    return True


def run():
    """Mount the flash and copy."""
    _boot._mount()
    _copy("/install", "", True)
    _copy("/install/once", "", False)

"""Mounts the flash image and runs the firmware, as an interpreter image with the base frozen into it does.

The folder `frozen` of the board stands for the modules in that image. It is consulted only where the flash has no base of
its own or does not mount, so that a listing of the flash shows nothing else.
"""

import gc
import os
import sys

import esp32  # noqa: F401 - like machine, must be loaded while the host's shim folder is visible
import machine  # noqa: F401
import onewire  # noqa: F401
import vfs
from _board import READY, host, write_byte
from _flash import Flash


def _open_filesystem(flash):
    try:
        return vfs.VfsLfs2(flash)
    except OSError:
        if not flash.is_blank():
            raise
    vfs.VfsLfs2.mkfs(flash)
    return vfs.VfsLfs2(flash)


def _mount():
    filesystem = _open_filesystem(Flash())
    vfs.umount("/")
    vfs.mount(filesystem, "/")
    os.chdir("/")
    sys.path[:] = ["", ".frozen", "/lib"]


def _try_to_mount():
    try:
        _mount()
    except OSError as error:
        if not _frozen():
            raise
        print("flash does not mount:", error)
        vfs.umount("/")
        sys.path[:] = ["", ".frozen", "/lib"]


def _frozen():
    return _exists(host, "/frozen/main.py")


def _exists(filesystem, path):
    try:
        filesystem.stat(path)
    except OSError:
        return False
    return True


def _take_terminal():
    # The console becomes the controlling terminal: no UART can, and the process dies with it.
    open("/proc/self/fd/0", "r+b").close()


def _run(path, namespace):
    if not _exists(os, path):
        return
    try:
        execfile(path, namespace)
    except Exception as error:
        sys.print_exception(error)


def _run_main(namespace):
    path = "/main.py"
    if _frozen() and not _exists(os, "/lib"):
        vfs.mount(vfs.VfsPosix(os.getenv("BOARD_DIRECTORY") + "/frozen"), "/frozen")
        sys.path.append("/frozen/lib")
        if not _exists(os, path):
            path = "/frozen/main.py"
    _run(path, namespace)


def start(namespace):
    """Boot the board and run its scripts in the given namespace."""
    run_main = os.getenv("BOARD_RUN_MAIN") == "1"
    _take_terminal()
    _try_to_mount()
    del sys.modules["_boot"]
    gc.collect()
    write_byte(READY, 1)
    _run("/boot.py", namespace)
    if run_main:
        _run_main(namespace)

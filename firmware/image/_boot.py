# Takes the place of the port's own _boot.py, which waits for ever before a file system that does not mount. Ours goes on to
# the base, which is frozen beside it and can make a new file system over the line.

import gc
import os

from flashbdev import bdev  # type: ignore[import-not-found]

try:
    os.mount(os.VfsLfs2(bdev), "/")  # type: ignore[attr-defined]
except OSError:
    head = bytearray(4096)
    bdev.readblocks(0, head)
    if head == b"\xff" * len(head):
        os.VfsLfs2.mkfs(bdev)  # type: ignore[attr-defined]
        os.mount(os.VfsLfs2(bdev), "/")  # type: ignore[attr-defined]

del bdev
gc.collect()
try:
    os.stat("/main.py")  # noqa: PTH116
except OSError:
    import machine

    machine.WDT(timeout=30000)
    try:
        from firmware.node import starter

        starter.start()
    except Exception:
        machine.reset()

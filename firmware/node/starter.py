# Picks the application at boot and runs it; where none can run, the base answers the line. Every failure first gives air.

import gc
import os
import sys

import machine

from hardware.registers import (
    SAFE_BOOT_APPLICATION_FAILS,
    SAFE_BOOT_FILE_SYSTEM,
    SAFE_BOOT_NO_APPLICATION,
    SLOT_BASE,
)

# Nothing of the base is imported above: it would stay in memory beside the application.
_PACKAGES = ("firmware", "hardware")
_COLLECT_AFTER_BYTES = 4096  # long before memory is full, or what stays gets scattered all over it


def start() -> None:
    # Returns only to a technician who took the console.
    gc.threshold(_COLLECT_AFTER_BYTES)
    if not _mounted():
        _answer(SAFE_BOOT_FILE_SYSTEM)
        return
    from firmware.node import slots

    slot = slots.choose(machine.reset_cause() == machine.WDT_RESET)
    if slot == SLOT_BASE:
        some = slots.installed(0) or slots.installed(1)
        _answer(SAFE_BOOT_APPLICATION_FAILS if some else SAFE_BOOT_NO_APPLICATION)
        return
    folder = slots.FOLDERS[slot]
    del slots
    try:
        _run(folder)
    except Exception as error:
        _failed(folder, error)


def _run(folder: str) -> None:
    # The application's own modules take the place of the base's. The samples' memory comes while the heap is in one piece.
    sys.path.insert(0, folder)
    _drop_modules()
    from firmware.node.app import Settings, main

    settings = Settings()
    if not settings.load():
        from firmware.node import essentials

        essentials.recall(settings)
    main(settings, bytearray(settings.ring_bytes))


def _failed(folder: str, error: Exception) -> None:
    # With the base's modules again: those of the application may be what failed.
    sys.print_exception(error)
    if sys.path[0] == folder:
        sys.path.pop(0)
    _drop_modules()
    _give_air()
    from firmware.node import slots

    slots.count_crash()
    _log(error)
    machine.reset()


def _log(error: Exception) -> None:
    import io

    from firmware.node import errorlog

    text = io.StringIO()
    sys.print_exception(error, text)
    errorlog.write(text.getvalue())


def _give_air() -> None:
    from firmware.node import air

    air.give()


def _answer(reason: int) -> None:
    from firmware.node.base import Base

    Base(reason).run()


def _drop_modules() -> None:
    for name in list(sys.modules):
        if name.split(".")[0] in _PACKAGES:
            del sys.modules[name]
    gc.collect()


def _mounted() -> bool:
    # A root with nothing mounted on it has blocks of no size.
    return os.statvfs("/")[0] != 0

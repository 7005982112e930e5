# Which application runs. Two slots, /a and /b, and the base in /lib; the state is one number in non-volatile storage, so
# that changing it is one atomic step. A healthy boot writes nothing.

import os
import sys

from firmware.node import nvs
from hardware.registers import SLOT_BASE

FOLDERS = ("/a", "/b")
MANIFEST = "/manifest"

_STATE = "slots"
_SLOT = 1  # bit: the slot to boot
_TRIAL = 2  # bit: it has yet to prove itself
_FELL_BACK = 4  # bit: the other slot has failed before
_BASE = 8  # bit: both have failed, the base answers
_COUNT = 16  # crashes in a row; of a slot on trial, its boots
_COUNTS = 3
_PROBES = 256  # probes that answered before the switch

MOST_CRASHES = 3
MOST_TRIAL_BOOTS = 3


def state() -> int:
    return nvs.number(_STATE, 0)


def _set(value: int) -> None:
    if value != state():
        nvs.put_number(_STATE, value)


def chosen() -> int:
    # The slot that the next boot tries first.
    return state() & _SLOT


def running() -> int:
    # The slot whose files this program was loaded from.
    folder = sys.path[0] if sys.path else ""
    return FOLDERS.index(folder) if folder in FOLDERS else SLOT_BASE


def on_trial() -> bool:
    return bool(state() & _TRIAL)


def in_doubt() -> bool:
    # True while anything is counted against the slot that runs.
    return state() != chosen()


def probes_before() -> int:
    return state() // _PROBES & 0xFF


def installed(slot: int) -> bool:
    # The manifest is written last and removed first, so a slot that has one is whole.
    try:
        os.stat(FOLDERS[slot] + MANIFEST)
    except OSError:
        return False
    return True


def choose(crashed: bool) -> int:
    # At boot: the slot to run, or SLOT_BASE. `crashed` says that the watchdog ended the boot before.
    if crashed:
        count_crash()
    now = state()
    if now & _TRIAL and not crashed:
        if now // _COUNT & _COUNTS >= MOST_TRIAL_BOOTS:
            count_crash()
        else:
            _set(now + _COUNT)
    now = state()
    if now & _BASE:
        return SLOT_BASE
    if installed(now & _SLOT):
        return now & _SLOT
    if installed(now & _SLOT ^ 1):
        _set(now & _SLOT ^ 1 | _FELL_BACK)
        return now & _SLOT ^ 1
    return SLOT_BASE


def count_crash() -> None:
    # A slot on trial goes back at once, a good one after three crashes in a row.
    now = state()
    crashes = now // _COUNT & _COUNTS
    if now & _BASE:
        return
    if not now & _TRIAL and crashes + 1 < MOST_CRASHES:
        _set(now + _COUNT)
    elif now & _FELL_BACK or not installed(now & _SLOT ^ 1):
        _set(now & _SLOT | _BASE)
    else:
        _set(now & _SLOT ^ 1 | _FELL_BACK)


def retry() -> bool:
    # The base lets an application try once more, the slots in turn; one crash brings the base back. False for no slot.
    slot = chosen() ^ 1 if installed(chosen() ^ 1) else chosen()
    if not installed(slot):
        return False
    _set(slot | _FELL_BACK | (MOST_CRASHES - 1) * _COUNT)
    return True


def switch(slot: int, probes_answering: int) -> None:
    # The next boot runs this slot on trial.
    _set(slot | _TRIAL | min(probes_answering, 0xFF) * _PROBES)


def keep() -> None:
    # The slot that runs has proved itself. Costs a write only where something was in doubt.
    _set(state() & _SLOT)


def give_back() -> None:
    # A slot on trial did not prove itself: the next boot runs the other one.
    count_crash()


def forget() -> None:
    # As on a new board: slot a, nothing in doubt.
    _set(0)

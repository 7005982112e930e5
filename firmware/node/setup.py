# The settings and control blocks: what a technician or the gateway may change over the line.

import struct

from firmware.node import errorlog
from firmware.node.bank import Bank
from firmware.node.refused import ILLEGAL_VALUE, Refused
from firmware.node.settings import Settings
from hardware.registers import ACTION_RESET, ACTION_SAVE_SETTINGS, CONTROL, SETTINGS, parse, width

# Field of the block: attribute of Settings, register units per unit of the attribute, lowest and highest register value.
_FIELDS = {
    "unit_id": ("unit_id", 1, 1, 247),
    "baud_hundreds": ("baud", 0.01, 12, 1152),
    "sample_period_ms": ("sample_period_ms", 1, 500, 3600000),
    "echo": ("echo", 1, 0, 1),
    "salinity_centi_psu": ("salinity_psu", 100, 0, 4200),
    "pressure_hpa": ("pressure_hpa", 1, 800, 1100),
    "lease_s": ("lease_s", 1, 5, 600),
    "stagger_ms": ("stagger_ms", 1, 0, 60000),
    "aerators": ("aerators", 1, 0, 8),
    "running_centi_a": ("running_a", 100, 1, 65535),
}


class Setup:
    # `reset` is called for the reset action, after the reply has left.
    def __init__(self, settings: Settings, reset) -> None:
        self._settings = settings
        self._reset = reset
        self._save_asked = False

    def serve(self, bank: Bank) -> None:
        bank.add(SETTINGS, self._show, self._change)
        bank.add(CONTROL, None, self._act)

    def save_if_asked(self) -> None:
        # To be called when the reply has left: writing flash may take longer than the sender waits. The settings
        # generation in the status block says that it was done; a flash that refuses leaves it as it was.
        if self._save_asked:
            self._save_asked = False
            try:
                self._settings.save()
            except OSError as error:
                errorlog.write("settings not saved: %r" % error)

    def _show(self, image: bytearray) -> None:
        at = 0
        for name, kind in parse(SETTINGS.fields):
            attribute, scale, _, _ = _FIELDS[name]
            value = int(getattr(self._settings, attribute) * scale + 0.5)
            struct.pack_into(">H" if width(kind) == 1 else ">I", image, at, value)
            at += 2 * width(kind)

    def _change(self, offset: int, words: "list[int]") -> None:
        # All fields of the write are checked before the first is changed.
        changes = []
        at = 0
        end = offset + len(words)
        for name, kind in parse(SETTINGS.fields):
            size = width(kind)
            if at < end and at + size > offset:
                if at < offset or at + size > end:
                    raise Refused(ILLEGAL_VALUE)
                value = words[at - offset]
                if size == 2:
                    value = value << 16 | words[at - offset + 1]
                changes.append(self._checked(name, value))
            at += size
        for attribute, value in changes:
            setattr(self._settings, attribute, value)

    def _checked(self, name: str, value: int):
        attribute, scale, low, high = _FIELDS[name]
        if not low <= value <= high:
            raise Refused(ILLEGAL_VALUE)
        return attribute, value if scale == 1 else value * 100 if scale < 1 else value / scale

    def _act(self, offset: int, words: "list[int]") -> None:
        if words[0] == ACTION_SAVE_SETTINGS:
            self._save_asked = True
        elif words[0] == ACTION_RESET:
            self._reset()
        else:
            raise Refused(ILLEGAL_VALUE)

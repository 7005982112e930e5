# The settings and control blocks: what a technician or the gateway may change over the line.

import struct

from firmware.node import errorlog
from firmware.node.bank import Bank
from firmware.node.refused import ILLEGAL_VALUE, Refused
from firmware.node.settings import Settings
from hardware.registers import ACTION_RESET, ACTION_SAVE_SETTINGS, CONTROL, SETTINGS

# In the order of the block: field, registers, attribute of Settings, register units per unit of the attribute, lowest and
# highest register value. The board has no field names in its map; a test holds this table against it.
FIELDS = (
    ("unit_id", 1, "unit_id", 1, 1, 247),
    ("baud_hundreds", 1, "baud", 0.01, 12, 1152),
    ("sample_period_ms", 2, "sample_period_ms", 1, 500, 3600000),
    ("echo", 1, "echo", 1, 0, 1),
    ("salinity_centi_psu", 1, "salinity_psu", 100, 0, 4200),
    ("pressure_hpa", 1, "pressure_hpa", 1, 800, 1100),
    ("lease_s", 1, "lease_s", 1, 5, 600),
    ("stagger_ms", 2, "stagger_ms", 1, 0, 60000),
    ("aerators", 1, "aerators", 1, 0, 8),
    ("running_centi_a", 1, "running_a", 100, 1, 65535),
    ("log_period_s", 1, "log_period_s", 1, 10, 3600),
    ("min_off_s", 1, "min_off_s", 1, 0, 600),
    ("power_limit_centi_kw", 1, "power_limit_kw", 100, 0, 65535),
    ("siren_after_s", 1, "siren_after_s", 1, 0, 65535),
    ("repl_locked", 1, "repl_locked", 1, 0, 1),
)


class Setup:
    # `reset` is called for the reset action, after the reply has left; `actions` holds what else a word of the control
    # block calls.
    def __init__(self, settings: Settings, reset, actions=None) -> None:
        self._settings = settings
        self._actions = actions or {}
        self._actions[ACTION_RESET] = reset
        self._save_asked = False

    def serve(self, bank: Bank) -> None:
        bank.add(SETTINGS, self._show, self._change)
        bank.add(CONTROL, None, self._act)

    def save_if_asked(self) -> bool:
        # To be called when the reply has left: writing flash may take longer than the sender waits; True when it saved.
        # The settings generation in the status block says so too; a flash that refuses leaves it as it was.
        if not self._save_asked:
            return False
        self._save_asked = False
        try:
            self._settings.save()
        except OSError as error:
            errorlog.write("settings not saved: %r" % error)
            return False
        return True

    def _show(self, image: bytearray) -> None:
        at = 0
        for _, size, attribute, scale, _, _ in FIELDS:
            value = int(getattr(self._settings, attribute) * scale + 0.5)
            struct.pack_into(">H" if size == 1 else ">I", image, at, value)
            at += 2 * size

    def _change(self, offset: int, words: "list[int]") -> None:
        # All fields of the write are checked before the first is changed.
        changes: "list[tuple[str, float]]" = []
        at = 0
        end = offset + len(words)
        for _, size, attribute, scale, low, high in FIELDS:
            if at < end and at + size > offset:
                if at < offset or at + size > end:
                    raise Refused(ILLEGAL_VALUE)
                value = words[at - offset]
                if size == 2:
                    value = value << 16 | words[at - offset + 1]
                if not low <= value <= high:
                    raise Refused(ILLEGAL_VALUE)
                changes.append((attribute, _unscaled(value, scale)))
            at += size
        for attribute, setting in changes:
            setattr(self._settings, attribute, setting)

    def _act(self, offset: int, words: "list[int]") -> None:
        if words[0] == ACTION_SAVE_SETTINGS:
            self._save_asked = True
        elif words[0] in self._actions:
            self._actions[words[0]]()
        else:
            raise Refused(ILLEGAL_VALUE)


def _unscaled(value: int, scale: float) -> float:
    # Whole numbers stay whole.
    return value if scale == 1 else value * 100 if scale < 1 else value / scale

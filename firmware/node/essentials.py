# What the base must know when settings or file system are broken: kept in non-volatile storage beside them.

import binascii
import struct

from firmware.node import nvs

_NAME = "essentials"
_LOCKED = "locked"  # read by main.py before anything else
_FORM = ">BHBBBB32s"
_KEY_BYTES = 32


class Essentials:
    # Carries the names of Settings that identity, line, relays and update need; those of a new board when nothing is kept.
    sample_period_ms = 0
    generation = 0

    def __init__(self) -> None:
        kept = nvs.blob(_NAME)
        if len(kept) != struct.calcsize(_FORM):
            kept = struct.pack(_FORM, 1, 192, 1, 0, 0, 0, b"")
        self.unit_id, hundreds, self.role, self.aerators, self.echo, self.normally_open, key = struct.unpack(_FORM, kept)
        self.baud = hundreds * 100
        self.update_key = binascii.hexlify(key).decode() if any(key) else ""


def recall(settings) -> None:
    # For settings that are gone: the same line, relays and update key as before them.
    kept = Essentials()
    for name in ("unit_id", "baud", "role", "aerators", "echo", "normally_open", "update_key"):
        setattr(settings, name, getattr(kept, name))


def remember(settings) -> None:
    # Called when settings were loaded or saved; writes only what differs. Raises OSError when the flash refuses.
    wanted = _packed(settings)
    if nvs.blob(_NAME) != wanted:
        nvs.put_blob(_NAME, wanted)
    if nvs.number(_LOCKED, 0) != settings.repl_locked:
        nvs.put_number(_LOCKED, settings.repl_locked)


def _packed(settings) -> bytes:
    return struct.pack(
        _FORM,
        settings.unit_id,
        settings.baud // 100,
        settings.role,
        settings.aerators,
        settings.echo,
        settings.normally_open,
        public_key(settings.update_key),
    )


def public_key(text: str) -> bytes:
    # The 32 bytes behind 64 hexadecimal digits, b"" for anything else.
    try:
        key = binascii.unhexlify(text)
    except (ValueError, TypeError):
        return b""
    return key if len(key) == _KEY_BYTES else b""

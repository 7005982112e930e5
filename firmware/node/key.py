# The key that this board made for itself at its first boot, from the chip's random numbers. It never leaves the board.

import hashlib
import os

from firmware.node import nvs

_NAME = "key"
_BYTES = 32


def own() -> bytes:
    # The key; made and kept when there is none. b"" where it cannot be kept.
    key = nvs.blob(_NAME)
    if len(key) != _BYTES:
        key = os.urandom(_BYTES)
        try:
            nvs.put_blob(_NAME, key)
        except (OSError, ImportError):
            return b""
    return key


def key_id() -> int:
    # First four bytes of the key's SHA-256: names the key and tells nothing of it. 0 for no key.
    key = own()
    return int.from_bytes(hashlib.sha256(key).digest()[:4], "big") if key else 0

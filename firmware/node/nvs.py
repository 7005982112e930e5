# Small values that outlive the file system: non-volatile storage of the chip, or nothing where there is none.
#
# Every put is one atomic step: after a power cut the old value is there or the new one.

_SPACE = "pondkeeper"
_LONGEST = 64


def _open():
    from esp32 import NVS

    return NVS(_SPACE)


def number(key: str, default: int) -> int:
    try:
        return _open().get_i32(key)
    except (OSError, ImportError):
        return default


def put_number(key: str, value: int) -> None:
    # Raises OSError when the flash refuses.
    nvs = _open()
    nvs.set_i32(key, value)
    nvs.commit()


def blob(key: str) -> bytes:
    # The bytes kept under this key, b"" for none.
    buffer = bytearray(_LONGEST)
    try:
        count = _open().get_blob(key, buffer)
    except (OSError, ImportError):
        return b""
    return bytes(buffer[:count])


def put_blob(key: str, value: bytes) -> None:
    nvs = _open()
    nvs.set_blob(key, value)
    nvs.commit()

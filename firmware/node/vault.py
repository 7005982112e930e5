# Small JSON documents in flash: two generations of each, every one behind the CRC of its own bytes.
#
# A save writes a temporary file, reads it back and renames it, so a power cut leaves the old document or the new one,
# never a mixture. `path` ends in .json; its older generation ends in .old, the temporary file in .new.

import binascii
import json
import os

_HEAD = 9  # eight hexadecimal digits and a line feed
_EIO = 5
_EEXIST = 17


def load(path: str) -> "dict[str, object] | None":
    # The newest generation that is whole; None when there is none.
    text = body(path)
    return None if text is None else json.loads(text)


def body(path: str) -> "bytes | None":
    # The same as JSON text, as it was saved.
    for name in (path, _named(path, ".old")):
        text = _whole(name)
        if text is not None:
            return text
    return None


def holds(path: str) -> bool:
    # True when a generation is there, whole or not.
    for name in (path, _named(path, ".old")):
        try:
            os.stat(name)
            return True
        except OSError:
            pass
    return False


def save(path: str, values: "dict[str, object]") -> None:
    # Raises OSError when the flash refuses or gives back other bytes than it was given.
    text = json.dumps(values).encode()
    new = _named(path, ".new")
    _make_folder(path)
    with open(new, "wb") as file:
        file.write(_head(text))
        file.write(text)
    if _whole(new) != text:
        raise OSError(_EIO)
    if _whole(path) is not None:
        os.rename(path, _named(path, ".old"))
    os.rename(new, path)


def _named(path: str, ending: str) -> str:
    return path[: path.rindex(".")] + ending


def _head(text: bytes) -> bytes:
    return b"%08x\n" % binascii.crc32(text)


def _make_folder(path: str) -> None:
    folder = path[: path.rindex("/")] if "/" in path else ""
    if folder:
        try:
            os.mkdir(folder)
        except OSError as error:
            if error.args[0] != _EEXIST:
                raise


def _whole(name: str) -> "bytes | None":
    # The bytes behind the CRC; the CRC must stand there digit for digit, and a document is a JSON object.
    try:
        with open(name, "rb") as file:
            data = file.read()
    except OSError:
        return None
    text = data[_HEAD:]
    if data[:_HEAD] != _head(text) or text[:1] != b"{":
        return None
    return text

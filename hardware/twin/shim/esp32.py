"""The esp32 module: named values that survive everything (NVS), and the flash partition of the file system."""

import json

from _board import host
from _flash import Flash, cuts_half, lose_power, power_fails
from micropython import const

_NOT_FOUND = const(-4354)  # ESP_ERR_NVS_NOT_FOUND
_FILE = "/nvs.bin"
_SIZE = const(2048)


def _load():
    try:
        with host.open(_FILE, "rb") as file:
            return json.loads(file.read())
    except OSError:
        return {}


def _store():
    # One write of one size: no kill of this process leaves half of it.
    text = json.dumps(_values).encode()
    with _open_to_write() as file:
        file.write(text + b" " * (_SIZE - len(text)))


def _open_to_write():
    try:
        return host.open(_FILE, "r+b")
    except OSError:
        return host.open(_FILE, "wb")


_values = _load()


class NVS:
    """Values of one namespace. A commit is one flash operation: a power cut in it leaves the old values or the new."""

    def __init__(self, namespace):
        self._space = namespace + "/"

    def set_i32(self, key, value):
        """Take a number, to be kept by the next commit."""
        _values[self._space + key] = int(value)

    def get_i32(self, key):
        """Return a number; OSError when there is none."""
        return self._get(key, int)

    def set_blob(self, key, value):
        """Take bytes, to be kept by the next commit."""
        _values[self._space + key] = bytes(value).hex()

    def get_blob(self, key, buffer):
        """Fill the buffer and return how many bytes there were; OSError when there are none."""
        data = bytes.fromhex(self._get(key, str))
        buffer[: len(data)] = data
        return len(data)

    def erase_key(self, key):
        """Forget a value; OSError when there is none."""
        if _values.pop(self._space + key, None) is None:
            raise OSError(_NOT_FOUND)

    def commit(self):
        """Keep all that was set."""
        cut = power_fails()
        if not cut or cuts_half():
            _store()
        if cut:
            lose_power()

    def _get(self, key, kind):
        value = _values.get(self._space + key)
        if not isinstance(value, kind):
            raise OSError(_NOT_FOUND)
        return value


class Partition:
    """Finds the partition of the file system."""

    TYPE_DATA = 1

    @staticmethod
    def find(type=TYPE_DATA, label=None):
        """Return the partitions of that label."""
        return [Flash()] if type == Partition.TYPE_DATA and label == "vfs" else []

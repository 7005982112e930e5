# Settings in flash: two generations, each with its CRC; defaults in code when neither reads.
#
# A save writes a temporary file and renames it, so a power cut leaves the old settings or the new ones, never a mixture.

import binascii
import json
import os

_NEW = "settings.new"
_CURRENT = "settings.json"
_PREVIOUS = "settings.old"

DEFAULTS = {
    "generation": 0,
    "role": 1,
    "name": "",
    "unit_id": 1,
    "baud": 19200,
    "sample_period_ms": 10000,
    "burst": 1,  # readings of each probe that one sample is the median of, 1 to 9
    "log_period_s": 60,
    "ring_bytes": 2048,
    "echo": 0,
    "repl_locked": 0,
    "update_key": "",  # Ed25519 public key of those who may update this node, 64 hexadecimal digits
    "salinity_psu": 0.0,
    "pressure_hpa": 1013,
    "probes": [],  # [driver, unit id, I2C address or pin, options of the driver] of each probe
    "lease_s": 15,
    "stagger_ms": 5000,
    "aerators": 0,
    "running_a": 1.0,
    "normally_open": 0,  # relays wired to their normally open contact, a bit each
    "start_order": [],  # aerators from 0, the first to start first; those left out come last
    "power_kw": [],  # of each aerator
    "power_limit_kw": 0.0,  # 0 for no limit
    "min_off_s": 60,
    "siren_after_s": 300,
    "phases": 0,  # phases whose presence is sensed, a bit each
    "own_probe_on_mg_l": 4.5,  # without lease a panel with an oxygen probe of its own lets all run below this
    "own_probe_off_mg_l": 6.0,  # and rests above this
}


class Settings:
    # Every name of DEFAULTS is an attribute; `folder` is where the files lie.
    def __init__(self, folder: str = "") -> None:
        self._folder = folder
        self.generation = 0
        self._put(DEFAULTS)

    def load(self) -> bool:
        # Takes the newest generation that is whole; False when there is none and the defaults stand.
        for name in (_CURRENT, _PREVIOUS):
            values = self._read(name)
            if values is not None:
                self._put(values)
                return True
        return False

    def save(self) -> None:
        # Raises OSError when the flash refuses.
        values = {name: getattr(self, name) for name in DEFAULTS}
        values["generation"] = (self.generation + 1) & 0xFFFF
        body = json.dumps(values).encode()
        with open(self._folder + _NEW, "wb") as file:
            file.write(b"%08x\n" % binascii.crc32(body) + body)
        if self._read(_CURRENT) is not None:
            os.rename(self._folder + _CURRENT, self._folder + _PREVIOUS)
        os.rename(self._folder + _NEW, self._folder + _CURRENT)
        self.generation = values["generation"]

    def _put(self, values: "dict[str, object]") -> None:
        for name in DEFAULTS:
            setattr(self, name, values.get(name, DEFAULTS[name]))

    def _read(self, name: str) -> "dict[str, object] | None":
        try:
            with open(self._folder + name, "rb") as file:
                crc, body = file.read().split(b"\n", 1)
            if int(crc, 16) != binascii.crc32(body):
                return None
            values = json.loads(body)
        except (OSError, ValueError):
            return None
        return values if isinstance(values, dict) else None

# Settings in flash, kept by the vault; defaults in code when neither generation reads.

from firmware.node import vault

_FILE = "settings.json"

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
        self._path = folder + _FILE
        self.generation = 0
        self.take(DEFAULTS)

    def load(self) -> bool:
        # Takes the newest generation that is whole; False when there is none and the defaults stand.
        values = vault.load(self._path)
        if values is None:
            return False
        self.take(values)
        return True

    def save(self) -> None:
        # Raises OSError when the flash refuses.
        generation = (self.generation + 1) & 0xFFFF
        values = self.values()
        values["generation"] = generation
        vault.save(self._path, values)
        self.generation = generation

    def values(self) -> "dict[str, object]":
        return {name: getattr(self, name) for name in DEFAULTS}

    def take(self, values: "dict[str, object]") -> None:
        # What `values` leaves out goes back to its default.
        for name in DEFAULTS:
            setattr(self, name, values.get(name, DEFAULTS[name]))


def problems(values: "dict[str, object]") -> str:
    # What is wrong with a whole set of settings, in a few words that name the field; "" when nothing is.
    from firmware.node import settings_check

    return settings_check.problems(values, DEFAULTS)

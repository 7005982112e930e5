# Is a whole set of settings fit to be saved? Imported only when somebody sends one.

from math import isfinite

from firmware.node.probes import DRIVERS

_MOST_PROBES = 8
_LONGEST_NAME = 40

# Lowest and highest value; whole numbers where the default is one.
_RANGES = {
    "generation": (0, 0xFFFF),
    "role": (1, 2),
    "unit_id": (1, 247),
    "baud": (1200, 115200),
    "sample_period_ms": (500, 3600000),
    "burst": (1, 9),
    "log_period_s": (10, 3600),
    "ring_bytes": (512, 16384),
    "echo": (0, 1),
    "repl_locked": (0, 1),
    "salinity_psu": (0, 42),
    "pressure_hpa": (800, 1100),
    "lease_s": (5, 600),
    "stagger_ms": (0, 60000),
    "aerators": (0, 8),
    "running_a": (0.01, 655.35),
    "normally_open": (0, 255),
    "power_limit_kw": (0, 655.35),
    "min_off_s": (0, 600),
    "siren_after_s": (0, 65535),
    "phases": (0, 7),
    "own_probe_on_mg_l": (0, 25),
    "own_probe_off_mg_l": (0, 25),
}


def problems(values: "dict[str, object]", defaults: "dict[str, object]") -> str:
    # A few ASCII words that begin with the field's name, "" when nothing is wrong.
    if not isinstance(values, dict):
        return "settings: not an object"
    for name in values:
        if name not in defaults:
            return "%s: unknown setting" % _ascii(name)
    for name in values:
        wrong = _field(name, values[name], defaults[name])
        if wrong:
            return "%s: %s" % (name, wrong)
    if _of(values, defaults, "own_probe_off_mg_l") <= _of(values, defaults, "own_probe_on_mg_l"):
        return "own_probe_off_mg_l: not above own_probe_on_mg_l"
    return ""


def _of(values, defaults, name):
    return values.get(name, defaults[name])


def _field(name: str, value, default) -> str:
    if name in _RANGES:
        return _number(value, _RANGES[name], isinstance(default, int) and name != "pressure_hpa")
    if name in _LISTS:
        return _LISTS[name](value) if isinstance(value, list) else "not a list"
    if not isinstance(value, str):
        return "not a text"
    if name == "update_key":
        return "" if not value or _is_key(value) else "not 64 hexadecimal digits"
    return "" if len(value) <= _LONGEST_NAME else "longer than %d characters" % _LONGEST_NAME


def _number(value, limits, whole: bool) -> str:
    low, high = limits
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return "not a whole number" if whole else "not a number"
    # NaN fails both comparisons.
    return "" if low <= value <= high else "not within %s to %s" % (low, high)


def _probes(probes) -> str:
    if len(probes) > _MOST_PROBES:
        return "more than %d" % _MOST_PROBES
    for number, probe in enumerate(probes):
        wrong = _probe(probe)
        if wrong:
            return "number %d: %s" % (number + 1, wrong)
    return ""


def _probe(probe) -> str:
    if not isinstance(probe, list) or not 2 <= len(probe) <= 3:
        return "not [driver, address, options]"
    driver, address = probe[:2]
    options = probe[2] if len(probe) == 3 else {}
    if driver not in DRIVERS:
        return "no such driver; there are %s" % " ".join(DRIVERS)
    if isinstance(address, str):
        if not _plain(address):
            return "address is no plain word"
    elif isinstance(address, bool) or not isinstance(address, int) or not 0 <= address <= 255:
        return "address not within 0 to 255"
    return "" if isinstance(options, dict) else "options are no object"


def _order(order) -> str:
    for at, aerator in enumerate(order):
        if isinstance(aerator, bool) or not isinstance(aerator, int) or not 0 <= aerator <= 7:
            return "not aerators from 0 to 7"
        if aerator in order[:at]:
            return "aerator %d twice" % aerator
    return ""


def _powers(powers) -> str:
    if len(powers) > 8:
        return "more than 8"
    for power in powers:
        if isinstance(power, bool) or not isinstance(power, (int, float)) or not isfinite(power) or not 0 <= power <= 100:
            return "not within 0 to 100"
    return ""


_LISTS = {"probes": _probes, "start_order": _order, "power_kw": _powers}


def _plain(word: str) -> bool:
    # Letters and digits only, for it becomes part of a file's name.
    return 0 < len(word) <= 20 and all("0" <= letter <= "9" or "a" <= letter.lower() <= "z" for letter in word)


def _is_key(text: str) -> bool:
    return len(text) == 64 and all(letter in "0123456789abcdefABCDEF" for letter in text)


def _ascii(name) -> str:
    return "".join(letter if " " <= letter <= "~" else "?" for letter in str(name)[:30])

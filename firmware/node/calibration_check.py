# Is an entry of a calibration passport fit to be kept? Imported only when somebody sends one. Each check gives what is
# wrong in a few ASCII words, "" when nothing is.

from firmware.node.calibration import MOST_ENTRIES, curve_of, is_number
from firmware.node.channel import apply
from hardware.registers import QUANTITY_CONDUCTIVITY, QUANTITY_DO, QUANTITY_DO_SATURATION, QUANTITY_PH

# Points of each kind and the quantities it is for; none named means any.
_KINDS = {
    "do_1": (1, (QUANTITY_DO, QUANTITY_DO_SATURATION)),
    "do_2": (2, (QUANTITY_DO, QUANTITY_DO_SATURATION)),
    "ph_2": (2, (QUANTITY_PH,)),
    "ph_3": (3, (QUANTITY_PH,)),
    "ec_1": (1, (QUANTITY_CONDUCTIVITY,)),
    "offset": (1, ()),
}
_NUMBERS = ("salinity_psu", "pressure_hpa", "before", "after")
_LONGEST_TEXT = 80


def passport(values, key: str, quantity: int) -> str:
    if not isinstance(values, dict) or sorted(values) != ["entries", "key"]:
        return "not an object of key and entries"
    if values["key"] != key:
        return "key: not %s" % key
    entries = values["entries"]
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        return "entries: not a list of at most %d" % MOST_ENTRIES
    for number, one in enumerate(entries):
        wrong = entry(one, quantity)
        if wrong:
            return "entry %d: %s" % (number, wrong)
    return ""


def entry(values, quantity: int) -> str:
    if not isinstance(values, dict):
        return "not an object"
    points, quantities = _KINDS.get(str(values.get("kind")), (0, ()))
    if not points or quantities and quantity not in quantities:
        return "kind: none of this quantity"
    return _label(values) or _surroundings(values) or _points(values, points) or _curve(values)


def _label(values) -> str:
    for name in ("who", "standard"):
        text = values.get(name)
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST_TEXT:
            return name + ": not a text of 1 to %d characters" % _LONGEST_TEXT
    for name in ("when", "due"):
        seconds = values.get(name)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds <= 0xFFFFFFFF:
            return name + ": not whole seconds since 1970"
    return "due: before when" if values["due"] < values["when"] else ""


def _surroundings(values) -> str:
    for name in _NUMBERS:
        if not is_number(values.get(name)):
            return name + ": not a number"
    if "temperature_c" not in values:
        return "temperature_c: missing"
    temperature_c = values["temperature_c"]
    return "" if temperature_c is None or is_number(temperature_c) else "temperature_c: not a number"


def _points(values, count: int) -> str:
    points = values.get("points")
    if not isinstance(points, list) or len(points) != count:
        return "points: not %d" % count
    for point in points:
        if not isinstance(point, list) or len(point) != 2 or not is_number(point[0]) or not is_number(point[1]):
            return "points: not [raw, true]"
    return ""


def _curve(values) -> str:
    curve = curve_of(values)
    if curve is None:
        return "curve: not 1 or 2 rising segments with gain 0.2 to 5"
    for raw, true in values["points"]:
        if not _near(apply(curve, raw), true):
            return "curve: misses the point %s" % raw
    if len(curve) == 2:
        start, gain, offset = curve[1]
        if not _near(curve[0][1] * start + curve[0][2], gain * start + offset):
            return "curve: has a step at %s" % start
    return ""


def _near(value: float, other: float) -> bool:
    # Within what 32-bit floats and decimal text leave.
    return abs(value - other) <= 0.005 + 0.001 * abs(other)

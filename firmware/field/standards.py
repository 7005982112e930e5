"""What a calibration standard truly is at its temperature.

pH: 4.01, 6.86 and 9.18 after DIN 19266; 7.00 and 10.01 as their makers print them on the bottle. Conductivity: potassium
chloride 0.1 and 0.01 mol/L as printed with certified solutions, in mS/cm; sea water of 35 psu by PSS-78.
"""

from hardware.water import conductivity_ms_cm

Tables = dict[str, tuple[float, ...]]

_TEMPERATURES_C = (15.0, 20.0, 25.0, 30.0, 35.0)
_BUFFERS: Tables = {
    "4.01": (4.00, 4.00, 4.01, 4.01, 4.02),
    "6.86": (6.90, 6.88, 6.86, 6.85, 6.84),
    "7.00": (7.04, 7.02, 7.00, 6.99, 6.98),
    "9.18": (9.28, 9.23, 9.18, 9.14, 9.10),
    "10.01": (10.12, 10.06, 10.01, 9.97, 9.93),
}
_CHLORIDES: Tables = {
    "12.88": (10.48, 11.67, 12.88, 14.12, 15.36),
    "1.413": (1.147, 1.278, 1.413, 1.552, 1.694),
}
SEA_WATER = "35psu"
SEA_WATER_PSU = 35.0

BUFFERS = tuple(_BUFFERS)
CONDUCTIVITIES = (*_CHLORIDES, SEA_WATER)


class UnknownStandard(ValueError):
    """There is no such standard, or its table does not reach this temperature; the text names what there is."""


def buffer_ph(name: str, temperature_c: float) -> float:
    """pH of a buffer at 15 to 35 degC; UnknownStandard for another buffer or temperature."""
    return _between(_BUFFERS, name, temperature_c)


def standard_ms_cm(name: str, temperature_c: float) -> float:
    """Conductivity in place of a standard at 15 to 35 degC; UnknownStandard for another one or temperature."""
    if name == SEA_WATER:
        _check(temperature_c)
        return conductivity_ms_cm(SEA_WATER_PSU, temperature_c)
    return _between(_CHLORIDES, name, temperature_c)


def _between(tables: Tables, name: str, temperature_c: float) -> float:
    if name not in tables:
        raise UnknownStandard(f"{name}: known are {', '.join(tables)}")
    _check(temperature_c)
    values = tables[name]
    at = min(int((temperature_c - _TEMPERATURES_C[0]) / 5.0), len(values) - 2)
    share = (temperature_c - _TEMPERATURES_C[at]) / 5.0
    return values[at] + share * (values[at + 1] - values[at])


def _check(temperature_c: float) -> None:
    if not _TEMPERATURES_C[0] <= temperature_c <= _TEMPERATURES_C[-1]:
        raise UnknownStandard(f"{temperature_c:.1f} degC: the tables reach from 15 to 35 degC")

"""The national symbols: which of our quantities each stands for, and units that differ in spelling only."""

from hardware.quantities import (
    AIR_HUMIDITY,
    AIR_PRESSURE,
    AIR_TEMPERATURE,
    AMMONIUM,
    DEPTH,
    DO,
    PH,
    SALINITY,
    SUSPENDED_SOLIDS,
    TEMPERATURE,
    TURBIDITY,
)

# Symbols of Circular 10/2021 appendix 15 table 34 where it has one; DO, Sal, Level, Turb and Baro are common use and can be
# renamed for a receiver in stations.toml.
NATIONAL = {
    DO.symbol: ("DO", "mg/L"),
    TEMPERATURE.symbol: ("Temp", "°C"),
    PH.symbol: ("pH", "-"),
    SALINITY.symbol: ("Sal", "‰"),
    SUSPENDED_SOLIDS.symbol: ("TSS", "mg/L"),
    AMMONIUM.symbol: ("NH4", "mg/L"),
    TURBIDITY.symbol: ("Turb", "NTU"),
    DEPTH.symbol: ("Level", "m"),
    AIR_TEMPERATURE.symbol: ("Temp", "°C"),
    AIR_HUMIDITY.symbol: ("RH", "%"),
    AIR_PRESSURE.symbol: ("Baro", "hPa"),
}

_ALIKE = (
    {"", "-", "ph"},
    {"°c", "oc", "c", "degc", "⁰c", "ºc"},
    {"mg/l", "ppm", "g/m3"},
    {"‰", "ppt", "psu", "o/oo"},
    {"µg/m3", "μg/m3", "ug/m3", "µg/nm3", "μg/nm3", "ug/nm3"},
    {"mg/m3", "mg/nm3"},
)


def same_unit(one: str, other: str) -> bool:
    """True for two spellings of one unit."""
    first, second = _plain(one), _plain(other)
    return first == second or any({first, second} <= alike for alike in _ALIKE)


def _plain(unit: str) -> str:
    return unit.strip().lower().replace("³", "3").replace(" ", "")

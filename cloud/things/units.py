"""Units by their symbol in hardware/quantities.py: name, and code in UCUM (None where UCUM has none)."""

UNITS: dict[str, tuple[str, str | None]] = {
    "mg/L": ("milligram per litre", "mg/L"),
    "%": ("percent", "%"),
    "°C": ("degree Celsius", "Cel"),
    "mS/cm": ("millisiemens per centimetre", "mS/cm"),
    "psu": ("practical salinity unit", None),
    "pH": ("pH", "[pH]"),
    "A": ("ampere", "A"),
    "NTU": ("nephelometric turbidity unit", None),
    "mV": ("millivolt", "mV"),
    "m": ("metre", "m"),
    "V": ("volt", "V"),
    "kW": ("kilowatt", "kW"),
    "kWh": ("kilowatt hour", "kW.h"),
    "hPa": ("hectopascal", "hPa"),
    "m/s": ("metre per second", "m/s"),
    "mm": ("millimetre", "mm"),
}

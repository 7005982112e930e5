"""What is measured: code on the wire, symbol, unit, range and resolution."""

from dataclasses import dataclass

from hardware import registers


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One measured quantity; `low` and `high` bound what a working probe in water can give."""

    code: int
    symbol: str
    unit: str
    low: float
    high: float
    resolution: float

    def holds(self, value: float) -> bool:
        """True when the value lies in the range; never for NaN."""
        return self.low <= value <= self.high


DO = Quantity(code=registers.QUANTITY_DO, symbol="do_mg_l", unit="mg/L", low=0.0, high=25.0, resolution=0.01)
DO_SATURATION = Quantity(
    code=registers.QUANTITY_DO_SATURATION, symbol="do_sat", unit="%", low=0.0, high=250.0, resolution=0.1
)
TEMPERATURE = Quantity(
    code=registers.QUANTITY_TEMPERATURE, symbol="temperature_c", unit="°C", low=0.0, high=45.0, resolution=0.01
)
CONDUCTIVITY = Quantity(
    code=registers.QUANTITY_CONDUCTIVITY,
    symbol="conductivity_ms_cm",
    unit="mS/cm",
    low=0.0,
    high=100.0,
    resolution=0.01,
)
SALINITY = Quantity(
    code=registers.QUANTITY_SALINITY, symbol="salinity_psu", unit="psu", low=0.0, high=45.0, resolution=0.01
)
PH = Quantity(code=registers.QUANTITY_PH, symbol="ph", unit="pH", low=0.0, high=14.0, resolution=0.01)
CURRENT = Quantity(code=registers.QUANTITY_CURRENT, symbol="current_a", unit="A", low=0.0, high=100.0, resolution=0.01)

QUANTITIES = (DO, DO_SATURATION, TEMPERATURE, CONDUCTIVITY, SALINITY, PH, CURRENT)
BY_CODE = {quantity.code: quantity for quantity in QUANTITIES}
BY_SYMBOL = {quantity.symbol: quantity for quantity in QUANTITIES}

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

TURBIDITY = Quantity(
    code=registers.QUANTITY_TURBIDITY, symbol="turbidity_ntu", unit="NTU", low=0.0, high=4000.0, resolution=0.1
)
ORP = Quantity(code=registers.QUANTITY_ORP, symbol="orp_mv", unit="mV", low=-2000.0, high=2000.0, resolution=1.0)
AMMONIUM = Quantity(
    code=registers.QUANTITY_AMMONIUM, symbol="ammonium_mg_l", unit="mg/L", low=0.0, high=1000.0, resolution=0.01
)
SUSPENDED_SOLIDS = Quantity(
    code=registers.QUANTITY_SUSPENDED_SOLIDS,
    symbol="suspended_solids_mg_l",
    unit="mg/L",
    low=0.0,
    high=50000.0,
    resolution=1.0,
)
DEPTH = Quantity(code=registers.QUANTITY_DEPTH, symbol="depth_m", unit="m", low=0.0, high=100.0, resolution=0.001)
VOLTAGE = Quantity(code=registers.QUANTITY_VOLTAGE, symbol="voltage_v", unit="V", low=0.0, high=500.0, resolution=0.1)
POWER = Quantity(code=registers.QUANTITY_POWER, symbol="power_kw", unit="kW", low=0.0, high=100.0, resolution=0.001)
ENERGY = Quantity(code=registers.QUANTITY_ENERGY, symbol="energy_kwh", unit="kWh", low=0.0, high=1e7, resolution=0.001)
AIR_TEMPERATURE = Quantity(
    code=registers.QUANTITY_AIR_TEMPERATURE,
    symbol="air_temperature_c",
    unit="°C",
    low=-10.0,
    high=60.0,
    resolution=0.1,
)
AIR_HUMIDITY = Quantity(
    code=registers.QUANTITY_AIR_HUMIDITY, symbol="air_humidity", unit="%", low=0.0, high=100.0, resolution=0.1
)
AIR_PRESSURE = Quantity(
    code=registers.QUANTITY_AIR_PRESSURE,
    symbol="air_pressure_hpa",
    unit="hPa",
    low=800.0,
    high=1100.0,
    resolution=0.1,
)
WIND_SPEED = Quantity(
    code=registers.QUANTITY_WIND_SPEED, symbol="wind_speed_m_s", unit="m/s", low=0.0, high=75.0, resolution=0.1
)
RAIN = Quantity(code=registers.QUANTITY_RAIN, symbol="rain_mm", unit="mm", low=0.0, high=1e5, resolution=0.1)

QUANTITIES = (
    DO,
    DO_SATURATION,
    TEMPERATURE,
    CONDUCTIVITY,
    SALINITY,
    PH,
    CURRENT,
    TURBIDITY,
    ORP,
    AMMONIUM,
    SUSPENDED_SOLIDS,
    DEPTH,
    VOLTAGE,
    POWER,
    ENERGY,
    AIR_TEMPERATURE,
    AIR_HUMIDITY,
    AIR_PRESSURE,
    WIND_SPEED,
    RAIN,
)
BY_CODE = {quantity.code: quantity for quantity in QUANTITIES}
BY_SYMBOL = {quantity.symbol: quantity for quantity in QUANTITIES}

"""What probes do not say themselves: oxygen in mg/L from its saturation, salinity from conductivity."""

from collections.abc import Callable, Mapping

from gateway.bus.samples import Quality, Reading
from hardware.quantities import CONDUCTIVITY, DO, DO_SATURATION, SALINITY, TEMPERATURE
from hardware.registers import REASON_NOT_READY, REASON_RANGE
from hardware.water import oxygen_solubility_mg_l, salinity_psu

Readings = dict[str, Reading]


def complete(readings: Readings, salinity: Callable[[], float | None]) -> tuple[Reading, ...]:
    """The readings with what can be reckoned from them, oxygen first. `salinity` is the pond's in psu, None if unknown."""
    found = dict(readings)
    if CONDUCTIVITY.symbol in found and TEMPERATURE.symbol in found and SALINITY.symbol not in found:
        found[SALINITY.symbol] = _from(found, (CONDUCTIVITY.symbol, TEMPERATURE.symbol), _salinity)
    if DO_SATURATION.symbol in found and DO.symbol not in found:
        known = salinity()
        found[DO.symbol] = bad(DO.symbol, REASON_NOT_READY) if known is None else _oxygen(found, known)
    first = [found.pop(DO.symbol)] if DO.symbol in found else []
    return (*first, *found.values())


def bad(quantity: str, reason: int) -> Reading:
    """No value, and why."""
    return Reading(quantity=quantity, value=None, quality=Quality.BAD, reason=reason)


def _oxygen(found: Mapping[str, Reading], known_psu: float) -> Reading:
    def of(saturation: float, temperature_c: float) -> Reading:
        return _checked(DO.symbol, saturation / 100 * oxygen_solubility_mg_l(temperature_c, known_psu), DO.holds)

    return _from(found, (DO_SATURATION.symbol, TEMPERATURE.symbol), of, DO.symbol)


def _salinity(conductivity_ms_cm: float, temperature_c: float) -> Reading:
    return _checked(SALINITY.symbol, salinity_psu(conductivity_ms_cm, temperature_c), SALINITY.holds)


def _checked(quantity: str, value: float, holds: Callable[[float], bool]) -> Reading:
    if not holds(value):
        return bad(quantity, REASON_RANGE)
    return Reading(quantity=quantity, value=value, quality=Quality.GOOD)


def _from(
    found: Mapping[str, Reading],
    sources: tuple[str, str],
    of: Callable[[float, float], Reading],
    quantity: str = SALINITY.symbol,
) -> Reading:
    """Reckoned where both sources are good, else as bad as the worse of them."""
    values = []
    for symbol in sources:
        reading = found.get(symbol)
        if reading is None or reading.value is None or reading.quality is not Quality.GOOD:
            return bad(quantity, REASON_NOT_READY if reading is None else reading.reason)
        values.append(reading.value)
    return of(values[0], values[1])

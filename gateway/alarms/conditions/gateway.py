"""The gateway itself: disk, clock, cloud, tariff; batteries and calibrations of its nodes."""

from collections.abc import Iterator

from gateway.alarms.conditions.condition import Condition, Key, signal_below
from gateway.alarms.facts import Facts
from gateway.alarms.settings import AlarmSettings
from hardware.quantities import VOLTAGE

CLOUD_SILENT_S = 900.0
DEADBAND_V = 0.3
MOST_BATTERY_V = 60.0


def conditions(facts: Facts, settings: AlarmSettings) -> Iterator[Condition]:
    """All of them."""
    if facts.storage:
        yield Condition(key=Key("storage_failing"), values={"text": facts.storage})
    if not facts.wall_known:
        yield Condition(key=Key("clock_unknown"))
    if facts.cloud_silent_s is not None and facts.cloud_silent_s >= CLOUD_SILENT_S:
        yield Condition(key=Key("cloud_silent"), values={"minutes": round(facts.cloud_silent_s / 60)})
    if facts.tariff_warning:
        yield Condition(key=Key("tariff_unknown"), values={"text": facts.tariff_warning})
    yield from _calibrations(facts, settings.calibration_days)
    if settings.battery_low_v is not None:
        yield from _batteries(facts, settings.battery_low_v)


def _calibrations(facts: Facts, days: float) -> Iterator[Condition]:
    for device in facts.devices:
        if device.calibrated_days is not None and device.calibrated_days >= days:
            values: dict[str, float | str] = {"device": device.name, "days": int(device.calibrated_days)}
            yield Condition(key=Key("calibration_due", device=device.name), values=values)


def _batteries(facts: Facts, least_v: float) -> Iterator[Condition]:
    """A node that reads more than a battery has is on the mains."""
    for pond in facts.ponds:
        volts = pond.readings.get(VOLTAGE.symbol)
        if volts is None or volts <= MOST_BATTERY_V:
            values: dict[str, float | str] = {} if volts is None else {"value": round(volts, 1), "limit": least_v}
            signal = signal_below(volts, least_v, DEADBAND_V)
            yield Condition(key=Key("battery_low", device=pond.node), signal=signal, values=values)

"""Oxygen: very low, low, soon dangerous, or not known."""

from collections.abc import Iterator

from gateway.alarms.conditions.condition import Condition, Key, signal_below
from gateway.alarms.conditions.lines import causes_of_silence
from gateway.alarms.facts import DeviceFacts, Facts, PondFacts
from gateway.alarms.settings import AlarmSettings
from gateway.alarms.state import Signal
from gateway.bus.samples import REASONS
from gateway.control.observation import DoState
from gateway.control.probe import OF_STATE
from hardware.registers import REASON_CALIBRATING

DEADBAND_MG_L = 0.3
DEADBAND_OF_MINUTES = 0.5

CALIBRATING = REASONS[REASON_CALIBRATING]


def conditions(facts: Facts, settings: AlarmSettings) -> Iterator[Condition]:
    """For each pond the gravest first, for it speaks for the others."""
    devices = {device.name: device for device in facts.devices}
    for pond in facts.ponds:
        yield from _level(pond)
        yield _danger_soon(pond, settings.minutes_to_danger)
        yield from _probe(pond, devices.get(pond.node))


def _level(pond: PondFacts) -> Iterator[Condition]:
    """What was low stays low until a good reading says otherwise."""
    value = pond.oxygen.value_mg_l if pond.oxygen.good else None
    very_low = Key("do_very_low", pond.id)
    for key, limit, because in (
        (very_low, pond.danger_mg_l, ()),
        (Key("do_low", pond.id), pond.low_mg_l, (very_low,)),
    ):
        values: dict[str, float | str] = {} if value is None else {"do_mg_l": round(value, 2), "limit": limit}
        signal = signal_below(value, limit, DEADBAND_MG_L)
        yield Condition(key=key, signal=signal, values=values, because=because)


def _danger_soon(pond: PondFacts, minutes: float) -> Condition:
    left = pond.minutes_to_danger if pond.oxygen.good else None
    values: dict[str, float | str] = {}
    if left is not None and left < minutes:
        values = {"minutes": round(left), "limit": pond.danger_mg_l}
    return Condition(
        key=Key("danger_soon", pond.id),
        signal=signal_below(left, minutes, minutes * DEADBAND_OF_MINUTES),
        values=values,
        because=(Key("do_very_low", pond.id),),
    )


def _probe(pond: PondFacts, node: DeviceFacts | None) -> Iterator[Condition]:
    """One alarm a pond, whatever is wrong with its probe; a calibration ends by itself within the hour."""
    oxygen, causes = pond.oxygen, causes_of_silence(node) if node else ()
    if oxygen.state is DoState.BAD and oxygen.detail == CALIBRATING:
        yield Condition(key=Key("do_calibrating", pond.id))
        yield Condition(key=Key("do_fault", pond.id), signal=Signal.HOLD)
    elif word := OF_STATE.get(oxygen.state):
        yield Condition(key=Key("do_fault", pond.id), values={"fault": word}, because=causes)
    elif oxygen.state is DoState.WAITING:
        yield Condition(key=Key("do_fault", pond.id), signal=Signal.HOLD)
    elif pond.verdict:
        yield Condition(key=Key("probe_care", pond.id), values={"fault": pond.verdict})

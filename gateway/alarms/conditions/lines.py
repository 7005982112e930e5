"""Lines, nodes and panels that do not answer or share an address: one cause, one alarm."""

from collections.abc import Iterator, Sequence

from gateway.alarms.conditions.condition import Condition, Key
from gateway.alarms.facts import DeviceFacts, Facts

SILENT_AFTER_S = 10.0


def conditions(facts: Facts) -> Iterator[Condition]:
    """Dead lines first, for they silence their devices."""
    dead = dict(_dead_lines(facts.devices))
    yield from (Condition(key=_dead(line), values={"line": line, "n": count}) for line, count in dead.items())
    for device in facts.devices:
        if device.twins:
            twins = {"device": device.name, "twins": ", ".join(device.twins)}
            yield Condition(key=Key("duplicate_address", device=device.name), values=twins)
        if device.failing_s >= SILENT_AFTER_S:
            causes = (_dead(device.line), Key("duplicate_address", device=device.name))
            yield Condition(key=silent(device), values={"device": device.name}, because=causes)


def silent(device: DeviceFacts) -> Key:
    """Its own silence."""
    kind = "panel_silent" if device.panel else "node_silent" if device.watches else "device_silent"
    return Key(kind, device=device.name)


def causes_of_silence(device: DeviceFacts) -> tuple[Key, ...]:
    """All that can keep a device from being heard."""
    return silent(device), _dead(device.line), Key("duplicate_address", device=device.name)


def _dead(line: str) -> Key:
    return Key("line_dead", device=line)


def _dead_lines(devices: Sequence[DeviceFacts]) -> Iterator[tuple[str, int]]:
    """Lines with more than one device of which none answers."""
    for line in sorted({device.line for device in devices}):
        failing_s = [device.failing_s for device in devices if device.line == line]
        if len(failing_s) > 1 and min(failing_s) > 0 and max(failing_s) >= SILENT_AFTER_S:
            yield line, len(failing_s)

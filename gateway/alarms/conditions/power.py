"""Mains, phases, generator, machines that do not obey, and limits that hold machines back."""

from collections.abc import Iterator

from gateway.alarms.conditions.condition import Condition, Key
from gateway.alarms.conditions.lines import causes_of_silence
from gateway.alarms.facts import DeviceFacts, Facts, PondFacts

EVERYWHERE = Key("mains_lost")


def conditions(facts: Facts) -> Iterator[Condition]:
    """The mains first, for without them nothing turns."""
    panels = {device.name: device for device in facts.devices if device.panel}
    sensing = [panel for panel in panels.values() if panel.dark is not None]
    if len(sensing) > 1 and all(panel.dark and not panel.powered for panel in sensing):
        yield Condition(key=EVERYWHERE, values={"device": ", ".join(panel.name for panel in sensing)})
    for panel in sensing:
        yield from _supply(panel)
    for pond in facts.ponds:
        yield from _machines(pond, panels.get(pond.panel or ""))


def _lost(panel: str) -> Key:
    return Key("mains_lost", device=panel)


def _supply(panel: DeviceFacts) -> Iterator[Condition]:
    """A panel whose mains are off while motors draw current lives on a generator."""
    values = {"device": panel.name}
    if panel.dark:
        running = panel.powered
        key = Key("generator_running", device=panel.name) if running else _lost(panel.name)
        yield Condition(key=key, values=values, because=() if running else (EVERYWHERE,))
    elif panel.phases is not None and not all(panel.phases):
        missing = ", ".join(f"L{at + 1}" for at, there in enumerate(panel.phases) if not there)
        yield Condition(key=Key("phase_lost", device=panel.name), values={**values, "phases": missing})


def _machines(pond: PondFacts, panel: DeviceFacts | None) -> Iterator[Condition]:
    causes = (EVERYWHERE, _lost(panel.name), *causes_of_silence(panel)) if panel else ()
    for machine in pond.machines:
        device = f"{pond.panel}/{machine.number}"
        for kind, found in (("aerator_not_running", machine.failed), ("aerator_not_stopping", machine.stuck)):
            if found:
                yield Condition(key=Key(kind, pond.id, device), values={"machine": machine.number}, because=causes)
    if pond.held_back:
        yield Condition(key=Key("power_limit", pond.id), values={"n": pond.held_back}, because=causes[:2])

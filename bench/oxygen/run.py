"""One controller through one scenario with one seed."""

import time

from bench.oxygen.layers import Layers
from bench.oxygen.machines import Machines
from bench.oxygen.metrics import Trace
from bench.oxygen.probe import Probe
from bench.oxygen.scenarios import Scenario
from bench.oxygen.seen import Facts, Player, Seen
from bench.oxygen.tariff import price_at
from bench.oxygen.truth import MINUTES, Course, Water


def facts_of(scenario: Scenario) -> Facts:
    """What a controller is told; the nameplate flatters."""
    kind = scenario.kind
    return Facts(
        machines=kind.machines,
        power_kw=kind.power_kw,
        volume_m3=kind.volume_m3,
        depth_m=kind.depth_m,
        area_m2=kind.area_m2,
        kg_o2_per_kwh=kind.kg_o2_per_kwh * scenario.nameplate,
        mixing=scenario.mixing,
        longest_cut_minutes=scenario.longest_cut_minutes,
    )


def play(scenario: Scenario, course: Course, player: Player, seed: int, water: Water | Layers) -> Trace:
    """Warm-up and week; the trace holds both."""
    machines = Machines(scenario)
    probe = Probe(course, seed, scenario.probe, scenario.noisy)
    hours = course.hour.tolist()
    trace = Trace()
    for minute in range(MINUTES):
        hour = hours[minute]
        said = probe.read(minute, water.at_probe_mg_l)
        mains, limit = machines.mains(hour), machines.limit_kw(hour)
        if not mains:
            machines.running = [False] * machines.count
        command = player.minute(Seen(minute, hour, *said, list(machines.running), mains, limit))
        before = machines.over_limit
        running = machines.obey(hour, command)
        water.step(minute, sum(running))
        trace.do_mg_l.append(water.do_mg_l)
        trace.said_mg_l.append(said[0])
        trace.running.append(list(running))
        trace.price_vnd.append(price_at(hour))
        trace.over_limit += machines.over_limit - before if hour >= 0 else 0
    trace.alarms = list(player.alarms)
    trace.words = list(getattr(player, "words", []))
    return trace


def timed(scenario: Scenario, course: Course, player: Player, seed: int, layers: bool = False) -> tuple[Trace, float]:
    """The trace and the seconds it took; `layers` takes the water of two layers."""
    began = time.perf_counter()
    water = Layers(course, scenario.kind, seed) if layers else Water(course)
    trace = play(scenario, course, player, seed, water)
    return trace, time.perf_counter() - began

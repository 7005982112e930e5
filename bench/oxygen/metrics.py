"""What is counted in the measured week. Oxygen is the true one."""

from dataclasses import dataclass, field

import numpy as np

from bench.oxygen.probe import SLOW, error
from bench.oxygen.scenarios import WARM_UP_DAYS, ProbeFault, Scenario
from bench.oxygen.seen import PROBE_ALARMS
from bench.oxygen.truth import WARM_UP_MINUTES, Course

AFTER_FAULT_H = 2.0


@dataclass
class Trace:
    """One run, minute by minute, warm-up included: true DO after the minute, the probe's reading before it, who ran.

    `words` are a controller's reasons as (minute from which it holds, reason), where it gives them.
    """

    do_mg_l: list[float] = field(default_factory=list)
    said_mg_l: list[float | None] = field(default_factory=list)
    running: list[list[bool]] = field(default_factory=list)
    price_vnd: list[float] = field(default_factory=list)
    alarms: list[tuple[int, str]] = field(default_factory=list)
    over_limit: int = 0
    words: list[tuple[int, str]] = field(default_factory=list)


@dataclass(kw_only=True)
class Metrics:
    """Of one run: times in minutes, deficit in mg/L min below 4, None where it does not apply."""

    below_4: int
    below_3: int
    deficit: float
    lowest_mg_l: float
    kwh: float
    vnd: float
    starts_per_machine_day: float
    most_starts_per_hour: int
    over_limit: int
    regret: float | None = None
    best_below_4: int = 0
    over_bound: float | None = None
    alarm_after_min: float | None = None
    bias_at_alarm_mg_l: float | None = None
    false_alarms: int = 0
    disqualified: bool = False
    seconds: float = 0.0


def measure(scenario: Scenario, trace: Trace, course: Course) -> Metrics:
    """Everything but regret, which needs the oracle."""
    do = np.array(trace.do_mg_l[WARM_UP_MINUTES:])
    running = np.array(trace.running[WARM_UP_MINUTES - 1 :], dtype=int)
    price = np.array(trace.price_vnd[WARM_UP_MINUTES:])
    energy = running[1:].sum(axis=1) * scenario.kind.power_kw / 60
    starts = np.maximum(0, np.diff(running, axis=0))
    days = len(do) / 1440
    found = Metrics(
        below_4=int((do < 4.0).sum()),
        below_3=int((do < 3.0).sum()),
        deficit=float(np.maximum(0.0, 4.0 - do).sum()),
        lowest_mg_l=float(do.min()),
        kwh=float(energy.sum()),
        vnd=float((energy * price).sum()),
        starts_per_machine_day=float(starts.sum() / scenario.kind.machines / days),
        most_starts_per_hour=most_in_an_hour(starts),
        over_limit=trace.over_limit,
    )
    found.disqualified = scenario.fault_free and found.below_3 > 0
    _alarms(scenario, trace, course, found)
    return found


def most_in_an_hour(starts: np.ndarray) -> int:
    """The most starts that any machine (column) made within any 60 minutes (rows)."""
    total = np.vstack([np.zeros((1, starts.shape[1]), dtype=int), np.cumsum(starts, axis=0)])
    span = min(60, len(starts))
    return int((total[span:] - total[:-span]).max())


def _alarms(scenario: Scenario, trace: Trace, course: Course, found: Metrics) -> None:
    fault = scenario.probe
    for minute, kind in sorted(trace.alarms):
        hour = minute / 60 - WARM_UP_DAYS * 24
        if hour < 0 or kind not in PROBE_ALARMS:
            continue
        if fault is None or not fault.start <= hour < fault.end + AFTER_FAULT_H or not _helps(fault, kind):
            found.false_alarms += 1
        elif kind in fault.fits and found.alarm_after_min is None and hour < fault.end:
            found.alarm_after_min = (hour - fault.start) * 60
            if fault.kind in SLOW:
                bias, gain = error(fault, float(course.hour[minute]))
                found.bias_at_alarm_mg_l = bias + (gain - 1) * trace.do_mg_l[minute]


def _helps(fault: ProbeFault, kind: str) -> bool:
    """The right word, or one that sends the farmer to the right probe with the right cloth."""
    return kind in fault.fits or (fault.kind in SLOW and kind in ("fouled", "weak"))

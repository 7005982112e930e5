"""A pond of water with its control, lived minute by minute on clocks that are stepped."""

import math
import random
from dataclasses import dataclass, field

from gateway.bus.samples import Quality, Reading, Sample
from gateway.control.estimator import Water
from gateway.control.guard import GuardSettings
from gateway.control.ladder import LadderSettings
from gateway.control.notches import power_share
from gateway.control.observation import Machine
from gateway.control.pilot import PilotSettings
from gateway.control.planner import solve
from gateway.control.pond import PondControl, PondSetup
from gateway.control.prospect import Limits
from hardware.registers import HOA_AUTO
from hardware.water import oxygen_solubility_mg_l

MINUTE_H = 1 / 60
COUNT = 4
SETUP = PondSetup(
    id="ao-1",
    water=Water(volume_m3=3600, power_kw=(1.5,) * COUNT),
    pilot=PilotSettings(),
    ladder=LadderSettings(),
    guard=GuardSettings(stagger_s=0),
    limits=Limits(),
)


@dataclass
class Pool:
    """Light by day, breathing always; the probe shows `offset_mg_l` too much, or nothing while it is `lost`.

    Plans are made every `plan_minutes` at most.
    """

    begins_hour: float = 18.0
    do_mg_l: float = 6.0
    offset_mg_l: float = 0.0
    lost: bool = False
    planned: bool = True
    plan_minutes: int = 1
    hour_shift: float = 0.0
    hour_known: bool = True
    price_vnd_kwh: float = 2000.0
    setup: PondSetup = SETUP
    minutes: int = 0
    running: list[bool] = field(default_factory=list)
    lowest_mg_l: float = math.inf
    machine_minutes: int = 0
    slow_minutes: int = 0
    energy_kwh: float = 0.0

    def __post_init__(self) -> None:
        self.running = [False] * self.setup.machines
        self.speeds = (1.0,) * self.setup.machines
        self.control = PondControl(self.setup, self.monotonic_s, period_s=60.0)
        self._noise = random.Random(1)

    def monotonic_s(self) -> float:
        """The real clock."""
        return 60.0 * self.minutes

    @property
    def hour(self) -> float:
        """Of the day, as it truly is."""
        return (self.begins_hour + self.minutes * MINUTE_H) % 24

    def live(self, hours: float) -> None:
        """So many hours: water, sample, pass, and a plan where one is due."""
        for _ in range(round(hours * 60)):
            self.minutes += 1
            self._flow()
            self.control.take(self._sample(), 60.0)
            self.pass_()
            if self.planned and self.minutes % self.plan_minutes == 0 and self.control.plan_overdue_s() >= 0:
                self.plan()

    def pass_(self) -> None:
        """One pass; what it decides runs."""
        machines = tuple(
            Machine(allowed=run, running=run, hand_off_auto=HOA_AUTO, speed=speed)
            for run, speed in zip(self.running, self.speeds, strict=True)
        )
        shown = (self.hour + self.hour_shift) % 24 if self.hour_known else None
        decision = self.control.step(machines, shown)
        if decision is not None:
            self.running = list(decision.run)
            self.speeds = self.control.speeds()

    def plan(self) -> None:
        """Ask for a plan and take it."""
        problem = self.control.problem(lambda _: self.price_vnd_kwh, lambda _: self.setup.machines)
        if problem is not None:
            self.control.plan(solve(problem))

    def reasons(self) -> set[str]:
        """Of all machines."""
        return {reason.code for reason in self.control.reasons()}

    def minutes_without_air_to(self, limit_mg_l: float) -> int:
        """Let the water go on without machines, and without anybody who looks."""
        began = self.minutes
        self.running = [False] * self.setup.machines
        while self.do_mg_l > limit_mg_l:
            self.minutes += 1
            self._flow()
        return self.minutes - began

    def _flow(self) -> None:
        full = oxygen_solubility_mg_l(29.0, 15.0)
        light = max(0.0, math.sin((self.hour - 6) / 12 * math.pi))
        powers = [run * power_share(speed) for run, speed in zip(self.running, self.speeds, strict=True)]
        gain = 0.025 + sum(powers) * self.setup.water.transfer_per_h(0, 29.0)
        self.do_mg_l += MINUTE_H * (1.3 * light - 0.55 + gain * (full - self.do_mg_l))
        self.lowest_mg_l = min(self.lowest_mg_l, self.do_mg_l)
        self.machine_minutes += sum(self.running)
        self.slow_minutes += sum(run and speed < 1.0 for run, speed in zip(self.running, self.speeds, strict=True))
        self.energy_kwh += MINUTE_H * sum(p * kw for p, kw in zip(powers, self.setup.water.power_kw, strict=True))

    def _values(self) -> dict[str, float]:
        shown = self.do_mg_l + self.offset_mg_l + self._noise.gauss(0, 0.03)
        saturation = 100 * shown / oxygen_solubility_mg_l(29.0, 15.0)
        return {"do_mg_l": shown, "do_sat": saturation, "temperature_c": 29.0, "salinity_psu": 15.0}

    def _sample(self) -> Sample:
        quality = Quality.BAD if self.lost else Quality.GOOD
        return Sample(
            node="n1",
            boot=1,
            sequence=self.minutes,
            taken_s=60.0 * self.minutes,
            readings=tuple(
                Reading(quantity=name, value=value, quality=quality) for name, value in self._values().items()
            ),
        )

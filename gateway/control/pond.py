"""One pond's control: a sample comes in, a pass goes through judge, pilot and guard, and says what shall run and why."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from gateway.bus.samples import Quality, Sample
from gateway.control.estimator import Water
from gateway.control.guard import Guard, GuardSettings, Override
from gateway.control.judge import Judge
from gateway.control.ladder import LadderSettings
from gateway.control.load import Ask, Grant
from gateway.control.notches import SLOW_SPEED
from gateway.control.observation import Decision, DoState, Machine, Observation, Oxygen, Reason
from gateway.control.pilot import Pilot, PilotSettings, Price
from gateway.control.plan import Plan, Problem
from gateway.control.probe import probe_row, verdict
from gateway.control.prospect import HOURS, Limits, Prospect, prospect
from gateway.control.signature import Signature
from hardware.quantities import DO, DO_SATURATION, SALINITY, TEMPERATURE

log = logging.getLogger(__name__)

LONGEST_OVERRIDE_S = 3600.0
RECOVERED_MG_L = 0.3
PLAN_EVERY_S = 600.0
PLAN_AGAIN_S = 60.0
ROW_EVERY_S = 10.0
FAILED_AGAIN_S = 3600.0


@dataclass(frozen=True, kw_only=True)
class PondSetup:
    """What a pond is and what its farmer wants."""

    id: str
    water: Water
    pilot: PilotSettings
    ladder: LadderSettings
    guard: GuardSettings
    limits: Limits

    @property
    def machines(self) -> int:
        """How many aerators it has."""
        return len(self.water.power_kw)


class PondControl:
    """Keeps one pond. Pure: `monotonic` is the real clock, `speed` makes pond time of it.

    `sample` is the newest heard from its node, `observation` and `decision` are those of the last pass, `events` collects
    (kind, detail) since it was last emptied, `prospect` is what was expected at `looked_s`.
    """

    def __init__(
        self, setup: PondSetup, monotonic: Callable[[], float], speed: float = 1.0, period_s: float = 10.0
    ) -> None:
        self.setup = setup
        self.judge = Judge(monotonic, speed, period_s)
        self.pilot = Pilot(setup.water, setup.pilot, setup.ladder)
        self.guard = Guard(setup.guard, setup.machines)
        self.signature = Signature()
        self.sample: Sample | None = None
        self.observation: Observation | None = None
        self.decision: Decision | None = None
        self.prospect: Prospect | None = None
        self.state: DoState | None = None
        self.low = False
        self.verdict = ""
        self.address_fault = ""
        self.looked_s = -math.inf
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._monotonic = monotonic
        self._speed = speed
        self._row_s = -math.inf
        self._asked_s = -math.inf
        self._failed_s = -math.inf

    # -- what it is told ----------------------------------------------------------------------------------------------

    def take(self, sample: Sample, period_s: float) -> None:
        """A new sample. Late ones are history."""
        if sample.late:
            return
        self.judge.period_s = period_s
        self.judge.take(sample)
        self.sample = sample
        now_s = sample.taken_s * self._speed
        if now_s - self._row_s >= ROW_EVERY_S:
            self._row_s = now_s
            values = (_value(sample, quantity.symbol) for quantity in (DO, DO_SATURATION, TEMPERATURE, SALINITY))
            self.signature.take(now_s, *values)

    def falls(self) -> bool:
        """True when the newest sample is the first under the alarm level: no reason to wait for the next pass."""
        oxygen = self.judge.oxygen()
        value = oxygen.value_mg_l
        return not self.low and oxygen.good and value is not None and value < self.setup.limits.low_mg_l

    def override(self, machine: int, run: bool, minutes: float, who: str = "") -> str:
        """A person's wish for one machine, 60 minutes at most; returns why it is refused, empty when it is taken.

        Taken or refused, it is told as an event with `who` wished it.
        """
        refused = self._override(machine, run, minutes)
        kind = "override_refused" if refused else "override"
        self._say(kind, machine=machine + 1, run=run, minutes=minutes, who=who)
        return refused

    def _override(self, machine: int, run: bool, minutes: float) -> str:
        if not 0 <= machine < self.setup.machines or not 0 < minutes < math.inf:
            return "unknown_machine"
        if not run and (self.observation is None or not self.observation.oxygen.good or self.low):
            return "unsafe"
        expires_s = self._monotonic() + min(minutes * 60, LONGEST_OVERRIDE_S)
        self.guard.overrides[machine] = Override(run=run, expires_s=expires_s)
        return ""

    def release(self, machine: int, who: str = "") -> None:
        """Take a person's wish back."""
        if machine in self.guard.overrides:
            del self.guard.overrides[machine]
            self._say("override_released", machine=machine + 1, who=who)

    def serviced(self) -> None:
        """The oxygen probe has just been cleaned, calibrated or changed."""
        self.pilot.estimator.cleaned()
        self.signature.serviced(self._monotonic() * self._speed)

    # -- one pass -----------------------------------------------------------------------------------------------------

    def step(self, machines: tuple[Machine, ...], hour: float | None, *, powered: bool = True) -> Decision | None:
        """What shall run now, None while nothing is decided; `hour` is the local hour of day, None while not known."""
        observation = self.observe(machines, hour)
        self.observation = observation
        self._report(observation.oxygen)
        if observation.oxygen.state is DoState.WAITING:
            self.decision = None
            return None
        decision = self._pilot(observation)
        self._report_probe(observation.oxygen)
        if machines:
            self.decision = self.guard.step(observation, decision, self._monotonic(), powered=powered)
            self._report_machines()
        return self.decision

    def observe(self, machines: tuple[Machine, ...], hour: float | None) -> Observation:
        """What is seen now; machines that the guard has found out are marked."""
        oxygen = self.judge.oxygen()
        if self.address_fault:
            oxygen = Oxygen(state=DoState.BAD, age_s=oxygen.age_s, detail=self.address_fault)
        return Observation(
            now_s=self._monotonic() * self._speed,
            oxygen=oxygen,
            machines=tuple([self._marked(at, machine) for at, machine in enumerate(machines)]),
            hour=hour,
            temperature_c=_value(self.sample, TEMPERATURE.symbol),
            salinity_psu=_value(self.sample, SALINITY.symbol),
        )

    def _marked(self, at: int, machine: Machine) -> Machine:
        failed, stuck = self.guard.failed(at), self.guard.stuck(at)
        return replace(machine, failed=failed, stuck=stuck) if failed or stuck else machine

    def _pilot(self, observation: Observation) -> Decision:
        """The pilot's decision; one that fails ends in air, and a new one begins."""
        try:
            decision = self.pilot.step(observation)
            if math.isfinite(self.pilot.do_mg_l):
                return decision
            fault = "oxygen is not a number"
        except Exception as error:
            log.exception("%s: the pilot failed", self.setup.id)
            fault = repr(error)
        if observation.now_s - self._failed_s >= FAILED_AGAIN_S:
            self._failed_s = observation.now_s
            self._say("control_failed", text=fault)
        self.pilot = Pilot(self.setup.water, self.setup.pilot, self.setup.ladder)
        count = self.setup.machines
        return Decision(run=(True,) * count, reasons=(Reason("control_failed"),) * count)

    # -- power --------------------------------------------------------------------------------------------------------

    def ask(self, feeder: str) -> Ask:
        """What the last pass wants of the pond's feeder."""
        assert self.observation is not None
        observation, decision, count = self.observation, self.decision, self.setup.machines
        oxygen = observation.oxygen
        return Ask(
            pond=self.setup.id,
            feeder=feeder,
            wanted=decision.run if decision else (True,) * count,
            machines=observation.machines,
            power_kw=self.setup.water.power_kw,
            minutes_to_danger=self._minutes_to_danger(),
            deficit_mg_l=self.setup.limits.low_mg_l - self.pilot.do_mg_l if oxygen.good else None,
            urgent=self.guard.urgent,
            loose=decision is None,
        )

    def _minutes_to_danger(self) -> float | None:
        if self.prospect is None:
            return None
        minutes = self.prospect.without_air.to_danger_minutes
        return HOURS * 60 if minutes is None else minutes

    def settle(self, grant: Grant) -> None:
        """What the feeder left of the last pass."""
        if self.decision is None or self.observation is None:
            return
        self.guard.settle(grant.run, self.observation.now_s)
        reasons = tuple(new or old for new, old in zip(grant.reasons, self.decision.reasons, strict=True))
        self.decision = Decision(run=grant.run, reasons=reasons)

    def speeds(self) -> tuple[float, ...]:
        """How fast each machine shall turn, as a fraction of full speed: slow only where nothing but the plan speaks."""
        if self.decision is None:
            return (1.0,) * self.setup.machines
        return tuple(
            SLOW_SPEED if at in self.pilot.slow and run and reason.code == "plan_run" else 1.0
            for at, (run, reason) in enumerate(zip(self.decision.run, self.decision.reasons, strict=True))
        )

    # -- plans and prospects ------------------------------------------------------------------------------------------

    def plan_overdue_s(self) -> float:
        """For how many seconds of pond time a new plan is due, negative when it is not."""
        if self.observation is None or not self.observation.machines:
            return -math.inf
        rested_s = self.observation.now_s - self._asked_s
        changed = rested_s >= PLAN_AGAIN_S and self.pilot.wants_plan(self.observation)
        return rested_s - (PLAN_AGAIN_S if changed else PLAN_EVERY_S)

    def problem(self, price: Price, most: Callable[[float], int]) -> Problem | None:
        """What the planner shall solve; None while too little is known. See `Pilot.problem`."""
        if self.observation is None:
            return None
        problem = self.pilot.problem(self.setup.id, self.observation, price, most)
        if problem is not None:
            self._asked_s = self.observation.now_s
        return problem

    def plan(self, plan: Plan) -> None:
        """The planner's answer, whenever it comes."""
        self.pilot.take(plan)

    def look_ahead(self, price: Price) -> None:
        """Make the prospect anew."""
        observation = self.observation
        self.looked_s = self._monotonic() * self._speed
        if observation is None or observation.oxygen.state is DoState.WAITING:
            self.prospect = None
            return
        told = [at for at, run in enumerate(self.decision.run) if run] if self.decision else []
        wanted = self.pilot.notches.count(told) - sum(speed < 1.0 for speed in self.speeds())
        self.prospect = prospect(self.pilot, observation, wanted, self.setup.ladder, self.setup.limits, price)

    def reasons(self) -> tuple[Reason, ...]:
        """Why each machine stands as it does."""
        return self.decision.reasons if self.decision else (Reason("waiting"),) * self.setup.machines

    def probe(self) -> dict[str, Any]:
        """What is known of the probe, as the page shows it."""
        oxygen = self.observation.oxygen if self.observation else self.judge.oxygen()
        return probe_row(self.verdict, oxygen, self.pilot)

    # -- what people should know --------------------------------------------------------------------------------------

    def _say(self, kind: str, **detail: Any) -> None:
        self.events.append((kind, detail))

    def _report(self, oxygen: Oxygen) -> None:
        if oxygen.state is not self.state:
            if self.state is not None and not (self.state is DoState.WAITING and oxygen.good):
                self._say("do_state", state=str(oxygen.state), detail=oxygen.detail)
            self.state = oxygen.state
        value, limit = oxygen.value_mg_l, self.setup.limits.low_mg_l
        if not oxygen.good or value is None:
            return
        if not self.low and value < limit:
            self.low = True
            self._say("do_low", do_mg_l=round(value, 2), limit=limit)
        elif self.low and value > limit + RECOVERED_MG_L:
            self.low = False
            self._say("do_recovered", do_mg_l=round(value, 2))

    def _report_probe(self, oxygen: Oxygen) -> None:
        """A doubt that only time brings to light; what the judge says is told by `do_state`."""
        word = verdict(oxygen, self.pilot, self.signature)
        if word != self.verdict and oxygen.good:
            self._say(f"probe_{word}" if word else "probe_trusted")
        self.verdict = word

    def _report_machines(self) -> None:
        for kind, at in self.guard.events:
            self._say(kind, machine=at + 1)
        self.guard.events.clear()


def _value(sample: Sample | None, symbol: str) -> float | None:
    reading = sample.reading(symbol) if sample else None
    return reading.value if reading and reading.quality is Quality.GOOD else None

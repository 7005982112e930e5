"""One ordered pass a second over the whole farm: read, judge, decide, guard, act.

The pass computes only. Commands are handed to keepers, one for each panel, which talk to the line; nothing that is slow
can make a pass late.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.bus.node import PanelNode
from gateway.bus.samples import Sample
from gateway.clock import Clock
from gateway.control.guard import Guard, Override
from gateway.control.judge import Judge
from gateway.control.ladder import Ladder
from gateway.control.observation import Controller, Decision, DoState, Machine, Observation, Oxygen, Reason
from gateway.farm import Farm, PondSettings

PANEL_STALE_S = 5.0
LONGEST_OVERRIDE_S = 3600.0

OnEvent = Callable[..., object]


@dataclass
class PondControl:
    """What belongs to one pond; `sample` is the newest heard from its node."""

    settings: PondSettings
    judge: Judge
    controller: Controller
    guard: Guard
    sample: Sample | None = None
    observation: Observation | None = None
    decision: Decision | None = None
    state: DoState | None = None
    low: bool = False
    address_fault: str = ""


@dataclass
class PanelWish:
    """What a panel shall do, by aerator number from 0; None while nothing is decided and its own rule shall hold."""

    wanted: dict[int, bool] = field(default_factory=dict)
    decided: bool = False


class FarmControl:
    """The farm's controllers and guards. `on_event(kind, pond, **detail)` hears what people should know."""

    def __init__(self, farm: Farm, clock: Clock, panels: dict[str, PanelNode], on_event: OnEvent) -> None:
        self.ponds = {pond.id: self._pond(pond, clock) for pond in farm.pond}
        self._clock = clock
        self._panels = panels
        self._on_event = on_event

    def _pond(self, pond: PondSettings, clock: Clock) -> PondControl:
        return PondControl(
            settings=pond,
            judge=Judge(clock.monotonic, clock.speed),
            controller=Ladder(pond.ladder()),
            guard=Guard(pond.guard(), len(pond.aerators)),
        )

    def take(self, node: str, sample: Sample, period_s: float) -> None:
        """A new sample of the node named so in farm.toml. Late ones are history."""
        for pond in self.ponds.values():
            if pond.settings.node == node and not sample.late:
                pond.judge.period_s = period_s
                pond.judge.take(sample)
                pond.sample = sample

    def falls(self, node: str) -> bool:
        """True when the newest sample of this node is the first under a pond's alarm level: no reason to wait."""
        for pond in self.ponds.values():
            if pond.settings.node == node and not pond.low:
                oxygen = pond.judge.oxygen()
                if oxygen.good and oxygen.value_mg_l is not None and oxygen.value_mg_l < pond.settings.alarm_low:
                    return True
        return False

    def address_fault(self, node: str, text: str) -> None:
        """Two nodes share the address of this one: its readings are not used until the text is empty again."""
        for pond in self.ponds.values():
            if pond.settings.node == node:
                pond.address_fault = text

    def override(self, pond_id: str, machine: int, run: bool, minutes: float) -> str:
        """A person's wish for one machine, 60 minutes at most; returns why it is refused, empty when it is taken."""
        pond = self.ponds.get(pond_id)
        if pond is None or not 0 <= machine < len(pond.settings.aerators) or not 0 < minutes < math.inf:
            return "unknown_machine"
        if not run and (pond.observation is None or not pond.observation.oxygen.good or pond.low):
            return "unsafe"
        expires_s = self._clock.monotonic() + min(minutes * 60, LONGEST_OVERRIDE_S)
        pond.guard.overrides[machine] = Override(run=run, expires_s=expires_s)
        self._on_event("override", pond_id, machine=machine + 1, run=run, minutes=minutes)
        return ""

    def release(self, pond_id: str, machine: int) -> None:
        """Take a person's wish back."""
        pond = self.ponds.get(pond_id)
        if pond is not None and machine in pond.guard.overrides:
            del pond.guard.overrides[machine]
            self._on_event("override_released", pond_id, machine=machine + 1)

    def step(self) -> dict[str, PanelWish]:
        """One pass; returns what each panel shall do."""
        wishes = {name: PanelWish() for name in self._panels}
        for pond in self.ponds.values():
            observation = self._observe(pond)
            pond.observation = observation
            self._report(pond, observation.oxygen)
            if observation.oxygen.state is DoState.WAITING or not pond.settings.aerators:
                pond.decision = None
                continue
            decision = pond.controller.step(observation)
            pond.decision = pond.guard.step(observation, decision, self._clock.monotonic())
            self._report_machines(pond)
            self._wish(wishes, pond)
        return wishes

    def _observe(self, pond: PondControl) -> Observation:
        oxygen = pond.judge.oxygen()
        if pond.address_fault:
            oxygen = Oxygen(state=DoState.BAD, age_s=oxygen.age_s, detail=pond.address_fault)
        machines = tuple(self._machine(pond, aerator - 1) for aerator in pond.settings.aerators)
        return Observation(now_s=self._clock.pond_s(), oxygen=oxygen, machines=machines)

    def _machine(self, pond: PondControl, at: int) -> Machine:
        panel = self._panels.get(pond.settings.panel or "")
        if panel is None or panel.state is None or self._clock.monotonic() - panel.state_s > PANEL_STALE_S:
            return Machine()
        state = panel.state
        if at >= len(state.allowed):
            return Machine()
        return Machine(
            allowed=state.allowed[at],
            running=state.running[at],
            hand_off_auto=state.hand_off_auto[at],
            current_a=state.current_a[at],
        )

    def _wish(self, wishes: dict[str, PanelWish], pond: PondControl) -> None:
        wish = wishes.get(pond.settings.panel or "")
        if wish is None or pond.decision is None:
            return
        wish.decided = True
        for aerator, run in zip(pond.settings.aerators, pond.decision.run, strict=True):
            wish.wanted[aerator - 1] = run

    def _report(self, pond: PondControl, oxygen: Oxygen) -> None:
        if oxygen.state is not pond.state:
            if pond.state is not None and not (pond.state is DoState.WAITING and oxygen.good):
                self._on_event("do_state", pond.settings.id, state=str(oxygen.state), detail=oxygen.detail)
            pond.state = oxygen.state
        if not oxygen.good or oxygen.value_mg_l is None:
            return
        if not pond.low and oxygen.value_mg_l < pond.settings.alarm_low:
            pond.low = True
            self._on_event(
                "do_low", pond.settings.id, do_mg_l=round(oxygen.value_mg_l, 2), limit=pond.settings.alarm_low
            )
        elif pond.low and oxygen.value_mg_l > pond.settings.alarm_low + 0.3:
            pond.low = False
            self._on_event("do_recovered", pond.settings.id, do_mg_l=round(oxygen.value_mg_l, 2))

    def _report_machines(self, pond: PondControl) -> None:
        for kind, at in pond.guard.events:
            self._on_event(kind, pond.settings.id, machine=at + 1)
        pond.guard.events.clear()


def reasons(pond: PondControl) -> tuple[Reason, ...]:
    """Why each machine of a pond stands as it does."""
    if pond.decision is None:
        return (Reason("waiting"),) * len(pond.settings.aerators)
    return pond.decision.reasons

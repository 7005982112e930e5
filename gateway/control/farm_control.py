"""One ordered pass a second over the whole farm: read, judge, decide, guard, share out the power, act.

The pass computes only. Commands are handed to keepers, one for each panel, which talk to the line; plans are made by
another process. Nothing that is slow can make a pass late.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from gateway.bus.foreign import Meter
from gateway.bus.panel import Panel
from gateway.bus.samples import Sample
from gateway.clock import Clock, PondTime, hour_of
from gateway.control.observation import Machine
from gateway.control.plan import Plan, Problem
from gateway.control.pond import PondControl, PondSetup
from gateway.control.power import Power
from gateway.control.prospect import Limits
from gateway.farm import Farm, PondSettings
from gateway.tariff import FLAT_VND_KWH

PANEL_STALE_S = 5.0
LOOK_AHEAD_S = 60.0
SLIGHT_KW = 1e-6

METERED_RUNNING_A = 0.3

OnEvent = Callable[..., object]
Meters = Mapping[tuple[str, int], Meter]  # by pond and aerator


@dataclass
class PanelWish:
    """What a panel shall do, by aerator number from 0; None while nothing is decided and its own rule shall hold.

    `speed` names the drives that shall turn slower than full speed, with the fraction.
    """

    wanted: dict[int, bool] = field(default_factory=dict)
    speed: dict[int, float] = field(default_factory=dict)
    decided: bool = False
    siren: bool = False


class FarmControl:
    """The farm's ponds and its power. `on_event(kind, pond, **detail)` hears what people should know."""

    def __init__(
        self, farm: Farm, clock: Clock, panels: Mapping[str, Panel], on_event: OnEvent, meters: Meters | None = None
    ) -> None:
        self.settings = {pond.id: pond for pond in farm.pond}
        self.ponds = {pond.id: PondControl(setup_of(pond), clock.monotonic, clock.speed) for pond in farm.pond}
        self.tariff = farm.tariff.read()
        self._clock = clock
        self._time = PondTime(clock, farm.simulation.begins_hour, farm.simulation.begins_s)
        self._now: datetime | None = None
        self._remembered: set[str] = set()
        self._panels = panels
        self._meters = meters or {}
        self._on_event = on_event
        self._quiet = farm.quiet
        self._power = Power(farm.feeders())
        self._feeder_of = {pond.id: farm.feeder_of(pond) for pond in farm.pond}
        self._limits_kw = {feeder.id: feeder.limit_kw for feeder in farm.feeders()}

    # -- what it is told ----------------------------------------------------------------------------------------------

    def take(self, node: str, sample: Sample, period_s: float) -> None:
        """A new sample of the node named so in farm.toml. Late ones are history."""
        for pond in self._watched_by(node):
            pond.take(sample, period_s)

    def falls(self, node: str) -> bool:
        """True when the newest sample of this node is the first under a pond's alarm level: no reason to wait."""
        return any(pond.falls() for pond in self._watched_by(node))

    def address_fault(self, node: str, text: str) -> None:
        """Two nodes share the address of this one: its readings are not used until the text is empty again."""
        for pond in self._watched_by(node):
            pond.address_fault = text

    def override(self, pond_id: str, machine: int, run: bool, minutes: float, who: str = "") -> str:
        """A person's wish for one machine, 60 minutes at most; returns why it is refused, empty when it is taken."""
        pond = self.ponds.get(pond_id)
        refused = "unknown_machine" if pond is None else pond.override(machine, run, minutes, who)
        self._tell()
        return refused

    def release(self, pond_id: str, machine: int, who: str = "") -> None:
        """Take a person's wish back."""
        if (pond := self.ponds.get(pond_id)) is not None:
            pond.release(machine, who)
            self._tell()

    def serviced(self, pond_id: str, what: str, who: str) -> None:
        """A person saw to the pond's oxygen probe; KeyError when there is no such pond."""
        self.ponds[pond_id].serviced()
        self._on_event("probe_serviced", pond_id, what=what, who=who)

    def calibrated(self, node: str) -> None:
        """The oxygen probe of this node was calibrated a short time ago."""
        for pond in self._watched_by(node):
            pond.serviced()

    def _watched_by(self, node: str) -> list[PondControl]:
        return [self.ponds[name] for name, settings in self.settings.items() if settings.node == node]

    # -- one pass -----------------------------------------------------------------------------------------------------

    def step(self) -> dict[str, PanelWish]:
        """One pass; returns what each panel shall do."""
        self._now = self._time.now()
        hour = hour_of(self._now)
        for name, pond in self.ponds.items():
            pond.step(self._machines(self.settings[name]), hour, powered=self._power.powered(self._feeder_of[name]))
        self._share_power(hour)
        self._look_ahead()
        self._tell()
        return self._wishes()

    def _share_power(self, hour: float | None) -> None:
        feeders = self._feeder_of
        asks = [pond.ask(feeders[name]) for name, pond in self.ponds.items() if pond.setup.machines]
        mains = {feeder: self._mains(feeder) for feeder in {ask.feeder for ask in asks}}
        quiet = self._quiet is not None and self._quiet.covers(hour)
        for name, grant in self._power.step(self._clock.pond_s(), asks, mains=mains, quiet=quiet).items():
            self.ponds[name].settle(grant)

    def _wishes(self) -> dict[str, PanelWish]:
        wishes = {name: PanelWish() for name in self._panels}
        for name, pond in self.ponds.items():
            settings = self.settings[name]
            wish = wishes.get(settings.panel or "")
            if wish is None or pond.decision is None:
                continue
            wish.decided = True
            for aerator, run in zip(settings.aerators, pond.decision.run, strict=True):
                wish.wanted[aerator - 1] = run
            slower = zip(settings.aerators, pond.speeds(), strict=True)
            wish.speed |= {aerator - 1: speed for aerator, speed in slower if speed < 1.0}
        return wishes

    def _machines(self, settings: PondSettings) -> tuple[Machine, ...]:
        panel = self.fresh_panel(settings.panel)
        machines = (_machine(panel, aerator - 1) for aerator in settings.aerators)
        return tuple(
            _metered(machine, self._meters.get((settings.id, aerator)))
            for machine, aerator in zip(machines, settings.aerators, strict=True)
        )

    def fresh_panel(self, name: str | None) -> Panel | None:
        """The panel, when it has spoken a moment ago."""
        panel = self._panels.get(name or "")
        if panel is None or panel.state is None or self._clock.monotonic() - panel.state_s > PANEL_STALE_S:
            return None
        return panel

    def powered(self, panel: str | None) -> bool:
        """False while it is certain that the machines of a panel have no power."""
        feeders = {on for pond, on in self._feeder_of.items() if self.settings[pond].panel == panel}
        return all(self._power.powered(feeder) for feeder in feeders)

    def _mains(self, feeder: str) -> bool | None:
        """Are the mains there? None where no panel on the feeder can say."""
        names = {self.settings[pond].panel for pond, on in self._feeder_of.items() if on == feeder}
        panels = [panel for name in names if (panel := self.fresh_panel(name)) is not None]
        seen = [any(panel.state.mains) for panel in panels if panel.state is not None and panel.state.mains is not None]
        return any(seen) if seen else None

    def _tell(self) -> None:
        for name, pond in self.ponds.items():
            for kind, detail in pond.events:
                self._on_event(kind, name, **detail)
            pond.events.clear()

    # -- plans --------------------------------------------------------------------------------------------------------

    def next_problem(self) -> Problem | None:
        """What the planner shall solve next, of the pond that has waited longest; None while nothing is due."""
        due = [(overdue_s, name) for name, pond in self.ponds.items() if (overdue_s := pond.plan_overdue_s()) >= 0]
        for _, name in sorted(due, reverse=True):
            if (problem := self.ponds[name].problem(self.price_vnd_kwh, self._most(name))) is not None:
                return problem
        return None

    def take_plan(self, plan: Plan) -> None:
        """The planner's answer, whenever it comes."""
        if (pond := self.ponds.get(plan.pond)) is not None:
            pond.plan(plan)

    def price_vnd_kwh(self, ahead_h: float) -> float:
        """The price of energy in so many hours."""
        return FLAT_VND_KWH if self._now is None else self.tariff.price_vnd_kwh(self._now + timedelta(hours=ahead_h))

    def _most(self, name: str) -> Callable[[float], int]:
        """How many machines the feeder carries, if the pond had it for itself."""
        limit_kw, sums_kw = self._limits_kw.get(self._feeder_of[name]), accumulate(self.settings[name].motors_kw)
        most = sum(limit_kw is None or sum_kw <= limit_kw + SLIGHT_KW for sum_kw in sums_kw)
        return lambda _ahead_h: most

    def _look_ahead(self) -> None:
        """One pond in each pass at most: what lies ahead changes by minutes."""
        stalest = min(self.ponds.values(), key=lambda pond: pond.looked_s)
        if self._clock.pond_s() - stalest.looked_s >= LOOK_AHEAD_S:
            stalest.look_ahead(self.price_vnd_kwh)

    # -- what outlives a restart --------------------------------------------------------------------------------------

    def saved(self) -> dict[str, Any]:
        """What has been learned of each pond, as plain numbers."""
        known = {name for name, pond in self.ponds.items() if pond.pilot.estimator.known}
        return {name: self.ponds[name].pilot.saved() for name in sorted(known | self._remembered)}

    def remember(self, saved: dict[str, Any], hours_ago: float) -> dict[str, str]:
        """Take `saved` back, before the first pass; returns for which ponds that was impossible, and why."""
        wrong: dict[str, str] = {}
        for name in self.ponds.keys() & saved.keys():
            try:
                self.ponds[name].pilot.remember(saved[name], hours_ago)
                self._remembered.add(name)
            except (ValueError, KeyError, TypeError, IndexError, ArithmeticError) as error:
                wrong[name] = repr(error)
        return wrong


def setup_of(pond: PondSettings) -> PondSetup:
    """As the controller takes it."""
    return PondSetup(
        id=pond.id,
        water=pond.likely_water(),
        pilot=pond.pilot(),
        ladder=pond.ladder(),
        guard=pond.guard(),
        limits=Limits(low_mg_l=pond.alarm_low, danger_mg_l=pond.danger_low),
    )


def _machine(panel: Panel | None, at: int) -> Machine:
    if panel is None or panel.state is None or at >= len(panel.state.allowed):
        return Machine()
    state = panel.state
    return Machine(
        allowed=state.allowed[at],
        running=state.running[at],
        hand_off_auto=state.hand_off_auto[at],
        current_a=state.current_a[at],
        speed=state.speed[at] if state.speed else 1.0,
    )


def _metered(machine: Machine, meter: Meter | None) -> Machine:
    """A meter of the machine's own knows better whether it runs."""
    current_a = meter.current_a() if meter is not None else None
    if current_a is None:
        return machine
    return replace(machine, running=current_a >= METERED_RUNNING_A, current_a=current_a)

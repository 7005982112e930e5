"""Pondkeeper's own controller in the benchmark: the gateway's control of one pond and its planner, as they ship."""

from bench.oxygen.seen import Facts, Seen
from bench.oxygen.tariff import price_at
from gateway.bus.samples import Quality, Reading, Sample
from gateway.control.estimator import Water
from gateway.control.guard import GuardSettings
from gateway.control.ladder import LadderSettings
from gateway.control.observation import Machine
from gateway.control.pilot import PilotSettings
from gateway.control.planner import solve
from gateway.control.pond import PondControl, PondSetup
from gateway.control.prospect import Limits
from hardware.registers import HOA_AUTO

PLAN_EVERY = 15
ALARMS = {"dead": "lost"}


def setup_of(facts: Facts, margin_mg_l: float) -> PondSetup:
    """The pond as a farmer would describe it."""
    return PondSetup(
        id="pond",
        water=Water(
            volume_m3=facts.volume_m3,
            depth_m=facts.depth_m,
            power_kw=(facts.power_kw,) * facts.machines,
            kg_o2_per_kwh=facts.kg_o2_per_kwh,
        ),
        pilot=PilotSettings(
            floor_mg_l=facts.floor_mg_l,
            margin_mg_l=margin_mg_l,
            longest_cut_h=facts.longest_cut_minutes / 60,
            mixing=facts.mixing,
        ),
        ladder=LadderSettings(mixing=facts.mixing),
        guard=GuardSettings(),
        limits=Limits(low_mg_l=facts.floor_mg_l),
    )


class Ours:
    """One pond's controller, asked each minute."""

    name = "ours"

    def __init__(self, facts: Facts, margin_mg_l: float = 0.03) -> None:
        self.alarms: list[tuple[int, str]] = []
        self.now_s = 0.0
        self.pond = PondControl(setup_of(facts, margin_mg_l), lambda: self.now_s, period_s=60.0)
        self._facts = facts
        self._said = ""
        self._limits: list[float | None] = [None] * 96
        self._command = [False] * facts.machines

    def minute(self, seen: Seen) -> list[bool]:
        self.now_s = seen.minute * 60.0
        self.pond.take(self._sample(seen), 60.0)
        self._limits[int(seen.hour * 4) % 96] = seen.feeder_limit_kw
        machines = tuple(
            Machine(allowed=command, running=runs, hand_off_auto=HOA_AUTO)
            for command, runs in zip(self._command, seen.running, strict=True)
        )
        decision = self.pond.step(machines, seen.hour % 24)
        observation = self.pond.observation
        if observation is not None and (seen.minute % PLAN_EVERY == 0 or self.pond.pilot.wants_plan(observation)):
            self._plan(seen)
        self._say(seen.minute)
        if decision is not None:
            self._command = list(decision.run)
        return self._command

    def _plan(self, seen: Seen) -> None:
        def most(ahead_h: float) -> int:
            limit = self._limits[int((seen.hour + ahead_h) * 4) % 96]
            return self._facts.machines if limit is None else int(limit / self._facts.power_kw + 1e-9)

        problem = self.pond.problem(lambda ahead: price_at(seen.hour + ahead), most)
        if problem is not None:
            self.pond.plan(solve(problem))

    def _say(self, minute: int) -> None:
        """An alarm when the verdict on the probe changes."""
        word = ALARMS.get(self.pond.verdict, self.pond.verdict)
        if word and word != self._said:
            self.alarms.append((minute, word))
        self._said = word

    def _sample(self, seen: Seen) -> Sample:
        values = {
            "do_mg_l": seen.do_mg_l,
            "do_sat": seen.do_sat_pct,
            "temperature_c": seen.temperature_c,
            "salinity_psu": seen.salinity_psu,
        }
        readings = tuple(
            Reading(quantity=name, value=value, quality=Quality.BAD if value is None else Quality.GOOD)
            for name, value in values.items()
        )
        return Sample(node="n1", boot=1, sequence=seen.minute, taken_s=self.now_s, late=False, readings=readings)


def ours(facts: Facts) -> Ours:
    """The factory."""
    return Ours(facts)

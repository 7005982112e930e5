"""Pondkeeper's own controller in the benchmark: the gateway's judge, pilot, planner and guard, as they ship."""

from bench.oxygen.seen import Facts, Seen
from bench.oxygen.tariff import price_at
from gateway.bus.samples import Quality, Reading, Sample
from gateway.control.estimator import Water
from gateway.control.guard import Guard, GuardSettings
from gateway.control.judge import Judge
from gateway.control.ladder import LadderSettings
from gateway.control.observation import DoState, Machine, Observation
from gateway.control.pilot import Pilot, PilotSettings
from gateway.control.planner import solve
from hardware.registers import HOA_AUTO

PLAN_EVERY = 30
ALARMS = {
    DoState.STALE: "lost",
    DoState.BAD: "lost",
    DoState.FROZEN: "stuck",
    DoState.OUT_OF_WATER: "out_of_water",
    DoState.IMPLAUSIBLE: "implausible",
}


class Ours:
    """One pond's controller, asked each minute."""

    name = "ours"

    def __init__(self, facts: Facts, margin_mg_l: float = 0.03) -> None:
        self.alarms: list[tuple[int, str]] = []
        self._facts = facts
        count = facts.machines
        water = Water(
            volume_m3=facts.volume_m3,
            depth_m=facts.depth_m,
            power_kw=(facts.power_kw,) * count,
            kg_o2_per_kwh=facts.kg_o2_per_kwh,
        )
        settings = PilotSettings(
            floor_mg_l=facts.floor_mg_l,
            margin_mg_l=margin_mg_l,
            longest_cut_h=facts.longest_cut_minutes / 60,
            mixing=facts.mixing,
        )
        self.pilot = Pilot(water, settings, LadderSettings(mixing=facts.mixing))
        self.guard = Guard(GuardSettings(), count)
        self._now_s = 0.0
        self._said = ""
        self._limits: list[float | None] = [None] * 96
        self.judge = Judge(lambda: self._now_s, period_s=60.0)
        self._command = [False] * count

    def minute(self, seen: Seen) -> list[bool]:
        self._now_s = seen.minute * 60.0
        self.judge.take(self._sample(seen))
        oxygen = self.judge.oxygen()
        machines = tuple(
            Machine(
                allowed=command,
                running=runs,
                hand_off_auto=HOA_AUTO,
                failed=self.guard.failed(at),
                stuck=self.guard.stuck(at),
            )
            for at, (command, runs) in enumerate(zip(self._command, seen.running, strict=True))
        )
        observation = Observation(
            now_s=self._now_s,
            oxygen=oxygen,
            machines=machines,
            hour=seen.hour % 24,
            temperature_c=seen.temperature_c,
            salinity_psu=seen.salinity_psu,
        )
        decision = self.pilot.step(observation)
        self._limits[int(seen.hour * 4) % 96] = seen.feeder_limit_kw
        if seen.minute % PLAN_EVERY == 0 or self.pilot.wants_plan(observation):
            self._plan(seen, observation)
        self._say(seen.minute)
        self._command = list(self.guard.step(observation, decision, self._now_s).run)
        return self._command

    def _plan(self, seen: Seen, observation: Observation) -> None:
        def most(ahead_h: float) -> int:
            limit = self._limits[int((seen.hour + ahead_h) * 4) % 96]
            return self._facts.machines if limit is None else int(limit / self._facts.power_kw + 1e-9)

        problem = self.pilot.problem("pond", observation, lambda ahead: price_at(seen.hour + ahead), most)
        if problem is not None:
            self.pilot.take(solve(problem))

    def _say(self, minute: int) -> None:
        """An alarm when the verdict on the probe changes."""
        state = self.judge.oxygen().state
        word = ALARMS.get(state, self.pilot.truth.verdict)
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
        return Sample(node="n1", boot=1, sequence=seen.minute, taken_s=self._now_s, late=False, readings=readings)


def ours(facts: Facts) -> Ours:
    """The factory."""
    return Ours(facts)

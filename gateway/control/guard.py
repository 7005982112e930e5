"""The guard speaks last and beats everything: the controller, the farmer's override, and every page.

It turns machines on when oxygen is low or unknown, puts the next machine in the place of one that does not run, spaces
starts, and keeps the minimum off time. It never switches a machine off to save anything.
"""

from dataclasses import dataclass, replace

from gateway.control.observation import Decision, Machine, Observation, Reason
from hardware.registers import HOA_HAND, HOA_OFF

FEEDBACK_S = 10.0
RELEASE_MG_L = 0.4


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """Oxygen in mg/L; stagger and minimum off time in seconds of pond time."""

    low_mg_l: float = 3.5
    stagger_s: float = 5.0
    minimum_off_s: float = 90.0


@dataclass(frozen=True, kw_only=True)
class Override:
    """A person's wish for one machine; void at `expires_s` on the monotonic clock."""

    run: bool
    expires_s: float


@dataclass
class _Memory:
    """What the guard remembers of one machine; times of pond except `disagrees_since_s`."""

    commanded: bool | None = None
    stopped_s: float = float("-inf")
    disagrees_since_s: float | None = None
    failed: bool = False
    stuck: bool = False


class Guard:
    """Guards one pond. `events` collects (kind, machine) since it was last emptied."""

    def __init__(self, settings: GuardSettings, machines: int) -> None:
        self.overrides: dict[int, Override] = {}
        self.events: list[tuple[str, int]] = []
        self._settings = settings
        self._memory = [_Memory() for _ in range(machines)]
        self._started_s = float("-inf")
        self._low = False

    def step(self, observation: Observation, decision: Decision, now_s: float) -> Decision:
        """The command that goes to the panel; `now_s` is the real monotonic clock, for feedback and overrides."""
        for at, machine in enumerate(observation.machines):
            self._check_feedback(at, machine, now_s)
        wish = self._with_overrides(decision, now_s)
        wish = self._with_replacements(observation, wish)
        wish = self._with_safety(observation, wish)
        return self._paced(observation, wish)

    def failed(self, machine: int) -> bool:
        """True when the machine was told to run and draws no current."""
        return self._memory[machine].failed

    def stuck(self, machine: int) -> bool:
        """True when the machine was told to rest and draws current."""
        return self._memory[machine].stuck

    def _check_feedback(self, at: int, machine: Machine, now_s: float) -> None:
        memory = self._memory[at]
        if machine.running is None or machine.allowed is None:
            memory.disagrees_since_s = None
            return
        expected = machine.hand_off_auto == HOA_HAND or (machine.allowed and machine.hand_off_auto != HOA_OFF)
        if machine.running == expected:
            memory.disagrees_since_s = None
            memory.failed = memory.stuck = False
            return
        if memory.disagrees_since_s is None:
            memory.disagrees_since_s = now_s
        if now_s - memory.disagrees_since_s >= FEEDBACK_S and not (memory.failed or memory.stuck):
            memory.failed, memory.stuck = expected, not expected
            self.events.append(("aerator_not_running" if expected else "aerator_not_stopping", at))

    def _with_overrides(self, decision: Decision, now_s: float) -> Decision:
        run, reasons = list(decision.run), list(decision.reasons)
        for at, override in list(self.overrides.items()):
            if now_s >= override.expires_s:
                del self.overrides[at]
                self.events.append(("override_expired", at))
                continue
            run[at] = override.run
            minutes = (override.expires_s - now_s) / 60
            reasons[at] = Reason("override_on" if override.run else "override_off", {"minutes": minutes})
        return Decision(run=tuple(run), reasons=tuple(reasons))

    def _with_replacements(self, observation: Observation, decision: Decision) -> Decision:
        """For each machine that shall run but cannot, one more that can."""
        run, reasons = list(decision.run), list(decision.reasons)
        missing = 0
        for at, wanted in enumerate(run):
            if wanted and self._memory[at].failed:
                reasons[at] = Reason("not_running")
                missing += 1
            elif wanted and observation.machines[at].hand_off_auto == HOA_OFF:
                reasons[at] = Reason("switched_off")
                missing += 1
        for at, wanted in enumerate(run):
            if missing and not wanted and self._can_run(at, observation.machines[at]):
                run[at], reasons[at] = True, Reason("replaces")
                missing -= 1
        return Decision(run=tuple(run), reasons=tuple(reasons))

    def _can_run(self, at: int, machine: Machine) -> bool:
        return not self._memory[at].failed and machine.hand_off_auto != HOA_OFF and at not in self.overrides

    def _with_safety(self, observation: Observation, decision: Decision) -> Decision:
        """Once oxygen was low, all run until it is well above the limit, and wishes for less are void."""
        oxygen = observation.oxygen
        if not oxygen.good:
            reason = Reason(f"guard_{oxygen.state}")
        else:
            value = oxygen.value_mg_l or 0.0
            self._low = value < self._settings.low_mg_l + (RELEASE_MG_L if self._low else 0.0)
            if not self._low:
                return decision
            reason = Reason("guard_low", {"do": value, "limit": self._settings.low_mg_l})
            self._drop_lowering_overrides()
        count = len(decision.run)
        return replace(decision, run=(True,) * count, reasons=(reason,) * count)

    def _drop_lowering_overrides(self) -> None:
        for at in [at for at, override in self.overrides.items() if not override.run]:
            del self.overrides[at]
            self.events.append(("override_ended", at))

    def _paced(self, observation: Observation, decision: Decision) -> Decision:
        """Starts one after another and none within the minimum off time; stops at once."""
        now_s = observation.now_s
        run, reasons = list(decision.run), list(decision.reasons)
        for at, wanted in enumerate(run):
            memory = self._memory[at]
            if memory.commanded is None:
                memory.commanded = observation.machines[at].allowed is not False
            if wanted and not memory.commanded and (reason := self._must_wait(memory, now_s)):
                run[at], reasons[at] = False, reason
            elif wanted and not memory.commanded:
                memory.commanded = True
                self._started_s = now_s
            elif not wanted and memory.commanded:
                memory.commanded = False
                memory.stopped_s = now_s
        return Decision(run=tuple(run), reasons=tuple(reasons))

    def _must_wait(self, memory: _Memory, now_s: float) -> Reason | None:
        rested_s = now_s - memory.stopped_s
        if rested_s < self._settings.minimum_off_s:
            return Reason("minimum_off", {"seconds": self._settings.minimum_off_s - rested_s})
        if now_s - self._started_s < self._settings.stagger_s:
            return Reason("stagger")
        return None

"""The guard speaks last and beats everything: the controller, the farmer's override, and every page.

It turns all machines on when oxygen is low. While oxygen is not known it keeps the safe schedule: all machines at night,
at least half of them by day, never fewer than the controller asks for. It puts the next machine in the place of one that
does not run, spaces starts, and keeps the least times of rest and run. It never switches a machine off to save anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gateway.control.observation import Decision, Machine, Observation, Reason
from hardware.registers import HOA_HAND, HOA_OFF

FEEDBACK_S = 10.0
RETRY_S = 1800.0  # a machine that did not run and rests since is believed to work again after this time
RELEASE_MG_L = 0.4


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """Oxygen in mg/L, times in seconds of pond time, day in local hours; a dense pond needs all machines by day too."""

    low_mg_l: float = 3.5
    stagger_s: float = 5.0
    minimum_off_s: float = 90.0
    minimum_on_s: float = 300.0
    dense: bool = False
    day_from_hour: float = 7.0
    day_to_hour: float = 17.0


@dataclass(frozen=True, kw_only=True)
class Override:
    """A person's wish for one machine; void at `expires_s` on the monotonic clock."""

    run: bool
    expires_s: float


@dataclass
class _Memory:
    """What the guard remembers of one machine; times of pond except `disagrees_since_s`.

    `before` is what the first three were before the last command.
    """

    commanded: bool | None = None
    started_s: float = float("-inf")
    stopped_s: float = float("-inf")
    before: tuple[bool, float, float] | None = None
    disagrees_since_s: float | None = None
    failed: bool = False
    failed_s: float = float("-inf")
    told: bool = False
    stuck: bool = False


class Guard:
    """Guards one pond. `events` collects (kind, machine) since it was last emptied; `urgent` while safety asks for air."""

    def __init__(self, settings: GuardSettings, machines: int) -> None:
        self.overrides: dict[int, Override] = {}
        self.events: list[tuple[str, int]] = []
        self.urgent = False
        self._settings = settings
        self._memory = [_Memory() for _ in range(machines)]
        self._low = False

    def step(self, observation: Observation, decision: Decision, now_s: float, *, powered: bool = True) -> Decision:
        """The command that goes to the panel, or first to the feeder (`settle` then says what came of it).

        `now_s` is the real monotonic clock, for feedback and overrides. Without power nothing is said of the motors.
        """
        for at, machine in enumerate(observation.machines):
            self._check_feedback(at, machine if powered else Machine(), now_s)
        wish = self._with_overrides(decision, now_s)
        wish = self._with_replacements(observation, wish)
        wish = self._with_safety(observation, wish)
        return self._paced(observation, wish)

    def settle(self, run: Sequence[bool], now_s: float) -> None:
        """What the feeder left of the last command; `now_s` is pond time. A start that was not granted was none."""
        for memory, granted in zip(self._memory, run, strict=True):
            if granted or not memory.commanded:
                continue
            assert memory.before is not None
            was_commanded, started_s, stopped_s = memory.before
            memory.commanded, memory.started_s = False, started_s
            memory.stopped_s = now_s if was_commanded else stopped_s

    def failed(self, machine: int) -> bool:
        """True when the machine drew no current when it was told to run, and was not seen to run since."""
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
            memory.disagrees_since_s, memory.stuck = None, False
            if machine.running:
                memory.failed = memory.told = False
            elif now_s - memory.failed_s >= RETRY_S:
                memory.failed = False
            return
        if memory.disagrees_since_s is None:
            memory.disagrees_since_s = now_s
        if now_s - memory.disagrees_since_s >= FEEDBACK_S:
            self._found(at, memory, failed=expected, now_s=now_s)

    def _found(self, at: int, memory: _Memory, *, failed: bool, now_s: float) -> None:
        """It does not do as told. That it does not run is said once until it ran again, however often it is tried."""
        if failed:
            if not memory.told:
                self.events.append(("aerator_not_running", at))
            memory.failed, memory.failed_s, memory.told, memory.stuck = True, now_s, True, False
        elif not memory.stuck:
            self.events.append(("aerator_not_stopping", at))
            memory.failed, memory.stuck = False, True

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
        return self._works(at, machine) and at not in self.overrides

    def _with_safety(self, observation: Observation, decision: Decision) -> Decision:
        """Once oxygen was low, all run until it is known to be well above the limit, and wishes for less are void."""
        oxygen, limit = observation.oxygen, self._settings.low_mg_l
        value = oxygen.value_mg_l or 0.0
        if oxygen.good:
            self._low = value < limit + (RELEASE_MG_L if self._low else 0.0)
            if self._low:
                self._drop_lowering_overrides()
        self.urgent = self._low or not oxygen.good
        if not self.urgent:
            return decision
        if not self._low and self._half_is_enough(observation.hour):
            return self._with_half(observation, decision)
        reason = Reason("guard_low", {"do": value, "limit": limit}) if oxygen.good else Reason(f"guard_{oxygen.state}")
        count = len(decision.run)
        return replace(decision, run=(True,) * count, reasons=(reason,) * count)

    def _half_is_enough(self, hour: float | None) -> bool:
        settings = self._settings
        return not settings.dense and hour is not None and settings.day_from_hour <= hour < settings.day_to_hour

    def _with_half(self, observation: Observation, decision: Decision) -> Decision:
        """Half of all machines at least, rounded up: what is wanted, then what runs already, then the others in order."""
        run, reasons = list(decision.run), list(decision.reasons)
        half = (len(run) + 1) // 2
        airing = sum(wanted and self._works(at, observation.machines[at]) for at, wanted in enumerate(run))
        for at in sorted((at for at, wanted in enumerate(run) if not wanted), key=self._readiness(observation)):
            if airing >= half:
                break
            run[at], reasons[at] = True, Reason("guard_half", {"n": half})
            airing += self._works(at, observation.machines[at])
        return Decision(run=tuple(run), reasons=tuple(reasons))

    def _readiness(self, observation: Observation) -> Callable[[int], tuple[bool, bool, bool, int]]:
        def key(at: int) -> tuple[bool, bool, bool, int]:
            machine = observation.machines[at]
            return not self._works(at, machine), at in self.overrides, not self._runs(at, machine), at

        return key

    def _works(self, at: int, machine: Machine) -> bool:
        return not self._memory[at].failed and machine.hand_off_auto != HOA_OFF

    def _runs(self, at: int, machine: Machine) -> bool:
        commanded = self._memory[at].commanded
        return bool(machine.running or (machine.allowed if commanded is None else commanded))

    def _drop_lowering_overrides(self) -> None:
        for at in [at for at, override in self.overrides.items() if not override.run]:
            del self.overrides[at]
            self.events.append(("override_ended", at))

    def _paced(self, observation: Observation, decision: Decision) -> Decision:
        """Starts one after another and none within the least rest; stops when the least run is over."""
        now_s = observation.now_s
        run, reasons = list(decision.run), list(decision.reasons)
        for at, wanted in enumerate(run):
            memory = self._memory[at]
            if memory.commanded is None:
                memory.commanded = observation.machines[at].allowed is not False
            memory.before = (memory.commanded, memory.started_s, memory.stopped_s)
            if wanted == memory.commanded:
                continue
            wait = self._must_rest(memory, now_s) if wanted else self._must_run(at, observation.machines[at], now_s)
            if wait:
                run[at], reasons[at] = memory.commanded, wait
            elif wanted:
                memory.commanded, memory.started_s = True, now_s
            else:
                memory.commanded, memory.stopped_s = False, now_s
        return Decision(run=tuple(run), reasons=tuple(reasons))

    def _must_rest(self, memory: _Memory, now_s: float) -> Reason | None:
        rested_s = now_s - memory.stopped_s
        if rested_s < self._settings.minimum_off_s:
            return Reason("minimum_off", {"seconds": self._settings.minimum_off_s - rested_s})
        if now_s - max(other.started_s for other in self._memory) < self._settings.stagger_s:
            return Reason("stagger")
        return None

    def _must_run(self, at: int, machine: Machine, now_s: float) -> Reason | None:
        """A person's wish to stop is obeyed at once, and there is nothing to keep in a machine that does not run."""
        left_s = self._settings.minimum_on_s - (now_s - self._memory[at].started_s)
        if left_s <= 0 or at in self.overrides or not self._works(at, machine):
            return None
        return Reason("minimum_on", {"seconds": left_s})

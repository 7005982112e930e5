"""One feeder: how many machines it carries, which of them start first, and which drop first.

A feeder is one cable, breaker or transformer with the machines of one or more ponds; a generator may stand in for the
mains. Power is rated power; the surge of a start is covered by `starts_at_once` and the motor's run-up time.

Need is counted by machine, so that one pond in trouble does not take the last air of another. In this order: the first half
of the machines of a pond in alarm, the first half of a pond near to danger, the rest of the pond in alarm, the rest of the
near one, all others.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.control.load import Ask, Grant, Load
from gateway.control.motors import KEPT_FOR_SAFETY, run_up_s, starts_per_hour
from gateway.control.observation import Reason
from hardware.registers import HOA_OFF

HOLD_S = 300.0  # a machine that lost its power to another pond, or won it, stays so for this long
URGENT_HOLD_S = 90.0
SWAP_MINUTES = 30.0  # how much nearer to danger a pond must be to take power from another
NEAR_MINUTES = 60.0  # a pond nearer to danger than this is near, and starts in quiet hours too
FAR_MINUTES = 90.0  # and is so until it is further than this
DIP_S = 3.0  # a shorter loss of the mains is none
FEEL_S = 60.0
TINY_KW = 1e-6


@dataclass(frozen=True, kw_only=True)
class Feeder:
    """Most rated power in kW, None for no limit; that of the generator while the mains are off; starts at one time."""

    id: str
    limit_kw: float | None = None
    starts_at_once: int = 1
    generator_kw: float | None = None


class FeederPower:
    """Shares out one feeder. `dead` while a power cut is certain; `load_kw` is the rated power of what runs or may run."""

    def __init__(self, feeder: Feeder) -> None:
        self.dead = False
        self.load_kw = 0.0
        self._feeder = feeder
        self._loads: dict[tuple[str, int], Load] = {}
        self._now_s = 0.0
        self._dark_since_s: float | None = None
        self._mains_off = False
        self._near: set[str] = set()
        self._swapped_s = float("-inf")
        self._fading_kw = 0.0
        self._starting = 0

    def step(self, now_s: float, asks: Sequence[Ask], *, mains: bool | None, quiet: bool) -> dict[str, Grant]:
        """What each of these ponds is granted."""
        self._now_s = now_s
        self._meet(asks)
        self._look_for_power(mains)
        for load in self._loads.values():
            self._take(load)
        for ask in asks:
            self._rank(ask)
        if self.dead:
            self._feel()
        self._weigh()
        if not self.dead:
            self._shed()
            self._start_in_order(quiet)
        return {ask.pond: self._grant(ask) for ask in asks}

    # -- what is there ------------------------------------------------------------------------------------------------

    def _meet(self, asks: Sequence[Ask]) -> None:
        """Take the asks; a machine not met before counts as granted unless its panel says that it rests."""
        met: dict[tuple[str, int], Load] = {}
        for ask in asks:
            for at, machine in enumerate(ask.machines):
                key = ask.pond, at
                load = self._loads.get(key) or Load(ask=ask, at=at, granted=machine.allowed is not False)
                load.see(ask)
                met[key] = load
        self._loads = met

    def _take(self, load: Load) -> None:
        """What is not wanted stops. It stays owed through the rest that its guard gives it."""
        load.reason = None
        if load.ask.loose:
            load.granted = load.machine.allowed is not False
        elif load.wanted:
            load.wanted_s = self._now_s
        else:
            load.granted = False
            load.owed = load.owed and self._now_s - load.wanted_s < HOLD_S

    def _look_for_power(self, mains: bool | None) -> None:
        """A cut is certain when the mains are off, nothing draws current, and some machine is seen not to."""
        seen = [load.machine.running for load in self._loads.values()]
        self._mains_off = mains is False
        if mains is not False or True in seen or False not in seen:
            self._dark_since_s = None
            if self.dead:
                self._count_felt()
            self.dead = False
            return
        if self._dark_since_s is None:
            self._dark_since_s = self._now_s
        self.dead = self._now_s - self._dark_since_s >= DIP_S

    def _rank(self, ask: Ask) -> None:
        """Give the machines of a pond their places and how much each is needed."""
        loads = [self._loads[ask.pond, at] for at in range(len(ask.machines))]
        minutes = ask.minutes_to_danger or 0.0
        if minutes < NEAR_MINUTES or (ask.pond in self._near and minutes <= FAR_MINUTES):
            self._near.add(ask.pond)
        else:
            self._near.discard(ask.pond)
        near = ask.pond in self._near
        for place, load in enumerate(sorted(loads, key=lambda load: (not load.carried(), not load.works(), load.at))):
            first_half = 2 * place < len(loads)
            load.place = place
            if ask.urgent:
                load.need = 0 if first_half else 2
            else:
                load.need = (1 if first_half else 3) if near else 4

    def _limit_kw(self) -> float:
        limits = [self._feeder.limit_kw, self._feeder.generator_kw if self._mains_off else None]
        return min((limit for limit in limits if limit is not None), default=float("inf"))

    def _weigh(self) -> None:
        loads = self._loads.values()
        self.load_kw = sum(load.power_kw for load in loads if load.carried())
        self._fading_kw = sum(load.power_kw for load in loads if load.fading())
        self._starting = sum(self._now_s - load.started_s < run_up_s(load.power_kw) for load in loads if load.granted)

    # -- no power -----------------------------------------------------------------------------------------------------

    def _feel(self) -> None:
        """One machine stays on, another each minute: its current tells of power, whatever the sensor of the mains says.

        The others count as stopped, so that they return one after another.
        """
        wanted = [load for load in self._loads.values() if load.wanted and not load.ask.loose]
        choice = [load for load in wanted if load.works()] or wanted
        feeler = next((load for load in choice if load.granted and self._now_s - load.felt_s < FEEL_S), None)
        if feeler is None and choice:
            feeler = min(choice, key=lambda load: (load.felt_s, load.rank()))
            feeler.felt_s = self._now_s
        for load in wanted:
            load.owed = load.owed or load.granted
            load.granted = load is feeler
            load.reason = Reason("no_power")

    def _count_felt(self) -> None:
        """What was left on during the cut starts as the power returns."""
        for load in self._loads.values():
            if load.granted and not load.ask.loose:
                self._note_start(load)

    # -- too much -----------------------------------------------------------------------------------------------------

    def _shed(self) -> None:
        """Drop machines until the limit holds, those of the pond furthest from danger first."""
        while (excess_kw := self.load_kw - self._limit_kw()) > TINY_KW:
            loads = [load for load in self._loads.values() if load.droppable()]
            if not loads:
                self._try_welded()
                return
            self._drop(_least_harmful(loads, excess_kw))

    def _try_welded(self) -> None:
        """Nothing is left to drop: tell those to rest that did not when they were told. A mended contactor obeys."""
        for load in self._loads.values():
            if load.welded and not load.ask.loose:
                load.granted = False

    def _drop(self, load: Load) -> None:
        self.load_kw -= load.power_kw
        load.granted, load.owed, load.dropped_s = False, True, self._now_s
        load.reason = self._full()
        if load.fading():
            self._fading_kw += load.power_kw

    # -- starts -------------------------------------------------------------------------------------------------------

    def _start_in_order(self, quiet: bool) -> None:
        """The neediest first. One that only waits for its turn keeps its room."""
        kept_kw = 0.0
        refused: set[tuple[str, int, float]] = set()
        over = self.load_kw > self._limit_kw() + TINY_KW
        for load in sorted(filter(Load.waits, self._loads.values()), key=Load.rank):
            if load.fixed() or load.machine.hand_off_auto == HOA_OFF:
                load.granted = not over
                load.reason = self._full() if over else None
                continue
            load.reason = self._must_wait(load, quiet)
            if load.reason is not None:
                continue
            alike = load.ask.pond, load.need, load.power_kw
            if alike in refused or not self._make_room(load, kept_kw):
                refused.add(alike)
                load.reason = self._full()
            elif self._may_start(load, kept_kw):
                self._start(load)
            else:
                load.reason = Reason("stagger")
                kept_kw += load.power_kw

    def _must_wait(self, load: Load, quiet: bool) -> Reason | None:
        now_s, urgent = self._now_s, load.ask.urgent
        starts = load.starts_within_hour(now_s)
        if starts >= starts_per_hour(load.power_kw) - (0 if urgent else KEPT_FOR_SAFETY):
            return Reason("starts_limit", {"n": starts})
        if now_s - load.dropped_s < (URGENT_HOLD_S if urgent else HOLD_S):
            return self._full()
        if quiet and not urgent and not load.owed and load.ask.pond not in self._near:
            return Reason("quiet")
        return None

    def _make_room(self, load: Load, kept_kw: float) -> bool:
        """True when the limit has room, if need be by dropping machines of ponds clearly further from danger."""
        missing_kw = self.load_kw + kept_kw + load.power_kw - self._limit_kw()
        if missing_kw <= TINY_KW:
            return True
        if not load.works():
            return False
        others = [other for other in self._loads.values() if self._gives_way(other, load)]
        if sum(other.power_kw for other in others) < missing_kw - TINY_KW:
            return False
        while missing_kw > TINY_KW:
            dropped = _least_harmful(others, missing_kw)
            self._drop(dropped)
            others.remove(dropped)
            missing_kw -= dropped.power_kw
        self._swapped_s = self._now_s
        return True

    def _gives_way(self, other: Load, load: Load) -> bool:
        """At once to alarm; else when the other's turn has lasted a while and the difference is clear."""
        if other.ask.pond == load.ask.pond or not other.droppable() or other.need < load.need:
            return False
        if load.ask.urgent and other.need > load.need:
            return True
        clear = other.need > load.need or other.minutes - load.minutes >= SWAP_MINUTES
        return clear and self._now_s - max(other.started_s, self._swapped_s) >= HOLD_S

    def _may_start(self, load: Load, kept_kw: float) -> bool:
        """Its turn has come, and what was dropped is seen to be off."""
        at_once = 1 if self._mains_off else self._feeder.starts_at_once
        drawn_kw = self.load_kw + self._fading_kw + kept_kw + load.power_kw
        return self._starting < at_once and drawn_kw <= self._limit_kw() + TINY_KW

    def _start(self, load: Load) -> None:
        load.granted, load.owed = True, False
        self._note_start(load)
        self.load_kw += load.power_kw
        self._starting += 1
        if load.machine.running is True:
            self._fading_kw = max(0.0, self._fading_kw - load.power_kw)

    def _note_start(self, load: Load) -> None:
        load.started_s = self._now_s
        load.starts_s.append(self._now_s)

    def _full(self) -> Reason:
        by_generator = self._mains_off and self._feeder.generator_kw is not None
        return Reason("generator_limit" if by_generator else "feeder_limit", {"limit": self._limit_kw()})

    def _grant(self, ask: Ask) -> Grant:
        if ask.loose:
            return Grant(run=ask.wanted, reasons=(None,) * len(ask.wanted))
        loads = [self._loads[ask.pond, at] for at in range(len(ask.machines))]
        return Grant(
            run=tuple(load.granted for load in loads),
            reasons=tuple(load.reason if load.wanted and not load.granted else None for load in loads),
        )


def _least_harmful(loads: Sequence[Load], power_kw: float) -> Load:
    """Of the machines needed least, which are of one pond, the smallest of at least this power, else the largest."""
    last = max(loads, key=Load.rank)
    like = [load for load in loads if load.ask.pond == last.ask.pond and load.need == last.need]
    enough = [load for load in like if load.power_kw >= power_kw - TINY_KW]
    if enough:
        return min(enough, key=lambda load: (load.power_kw, -load.place))
    return max(like, key=lambda load: (load.power_kw, load.place))

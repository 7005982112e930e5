"""What a pond asks of its feeder, what it is granted, and one machine as a load."""

from collections import deque
from dataclasses import dataclass, field

from gateway.control.observation import Machine, Reason
from hardware.registers import HOA_HAND, HOA_OFF

HOUR_S = 3600.0
NEVER_S = float("-inf")


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a pond wants after its guard; `machines` with what the guard has found out of them.

    `minutes_to_danger` is the predicted time until oxygen is dangerous if none of the pond's machines ran, so that it does
    not jump when one starts or stops; None when not known, which counts as no time at all. `deficit_mg_l` is what is
    missing to the lowest allowed oxygen, negative where there is more, None when not known; it orders ponds that are equally
    near. `urgent` when safety asks (`Guard.urgent`). `loose` when nobody decides for the pond yet, so that its panel goes
    its own way and its machines cannot be dropped.
    """

    pond: str
    feeder: str
    wanted: tuple[bool, ...]
    machines: tuple[Machine, ...]
    power_kw: tuple[float, ...]
    minutes_to_danger: float | None = None
    deficit_mg_l: float | None = None
    urgent: bool = False
    loose: bool = False


@dataclass(frozen=True, kw_only=True)
class Grant:
    """Which machines may run; a reason for each that was asked for and does not get to, None for the others."""

    run: tuple[bool, ...]
    reasons: tuple[Reason | None, ...]


@dataclass
class Load:
    """One machine on its feeder; `owed` when it lost its power while it was wanted, until nobody wanted it for a while.

    `welded` once it did not stop, until it is seen to rest. `place` is its place among the machines of its pond, those that
    run first; `need` is 0 where it is needed most. `machine`, `wanted` and `power_kw` are those of `ask`.
    """

    ask: Ask
    at: int
    granted: bool
    owed: bool = False
    welded: bool = False
    place: int = 0
    need: int = 0
    wanted_s: float = NEVER_S
    started_s: float = NEVER_S
    dropped_s: float = NEVER_S
    felt_s: float = NEVER_S
    starts_s: deque[float] = field(default_factory=deque)
    reason: Reason | None = None

    def __post_init__(self) -> None:
        self.see(self.ask)

    @property
    def minutes(self) -> float:
        """Until its pond is in danger."""
        return max(0.0, self.ask.minutes_to_danger or 0.0)

    def see(self, ask: Ask) -> None:
        """The machine and its pond as they are now."""
        self.ask = ask
        self.machine, self.wanted, self.power_kw = ask.machines[self.at], ask.wanted[self.at], ask.power_kw[self.at]
        self.welded = self.machine.stuck or (self.welded and self.machine.running is not False)

    def rank(self) -> tuple[int, float, float, str, int]:
        """Sorts by need, the neediest first."""
        deficit = self.ask.deficit_mg_l
        missing = float("inf") if deficit is None else deficit
        return self.need, self.minutes, -missing, self.ask.pond, self.place

    def waits(self) -> bool:
        """It is asked for and has no power."""
        return self.wanted and not self.granted and not self.ask.loose

    def works(self) -> bool:
        """It will run when it may."""
        return not self.machine.failed and self.machine.hand_off_auto != HOA_OFF

    def fixed(self) -> bool:
        """It runs and no command of ours can stop it."""
        machine = self.machine
        if machine.running is False:
            return False
        if self.ask.loose:
            return machine.running is True or machine.allowed is not False
        return machine.hand_off_auto == HOA_HAND or self.welded

    def carried(self) -> bool:
        """It counts as load."""
        mine = self.granted and not self.ask.loose
        return self.fixed() or (mine and (self.works() or self.machine.running is True))

    def droppable(self) -> bool:
        """It counts as load, and it is ours to drop."""
        return self.granted and not self.fixed() and self.carried()

    def fading(self) -> bool:
        """It may not run any more and its current is still seen."""
        return not self.granted and self.machine.running is True and not self.fixed()

    def starts_within_hour(self, now_s: float) -> int:
        """Before this one."""
        while self.starts_s and now_s - self.starts_s[0] >= HOUR_S:
            self.starts_s.popleft()
        return len(self.starts_s)

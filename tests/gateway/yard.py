"""Machines of several ponds on feeders, with their guards: what is commanded is what runs, unless something is broken."""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.control.feeder import Feeder
from gateway.control.guard import Guard, GuardSettings
from gateway.control.load import Ask, Grant
from gateway.control.motors import minimum_on_s
from gateway.control.observation import Decision, DoState, Machine, Observation, Oxygen, Reason
from gateway.control.power import Power
from hardware.registers import HOA_AUTO, HOA_HAND, HOA_OFF

GOOD = Oxygen(state=DoState.GOOD, value_mg_l=6.0)
LOW = Oxygen(state=DoState.GOOD, value_mg_l=3.2)
LOST = Oxygen(state=DoState.STALE)


@dataclass
class Motor:
    """One machine as it stands in the pond."""

    power_kw: float = 1.5
    allowed: bool = True
    broken: bool = False
    welded: bool = False
    switch: int = HOA_AUTO
    starts_s: list[float] = field(default_factory=list)

    def runs(self, power: bool) -> bool:
        """It turns."""
        if self.broken or not power or self.switch == HOA_OFF:
            return False
        return self.allowed or self.welded or self.switch == HOA_HAND


@dataclass
class Pond:
    """One pond, its motors, its guard, and what its controller wants."""

    name: str
    motors: list[Motor]
    settings: GuardSettings = field(default_factory=lambda: GuardSettings(stagger_s=0))
    feeder: str = "main"
    wanted: list[bool] = field(default_factory=list)
    oxygen: Oxygen = GOOD
    minutes: float | None = 300.0
    deficit: float | None = None

    def __post_init__(self) -> None:
        self.wanted = self.wanted or [True] * len(self.motors)
        self.guard = Guard(self.settings, len(self.motors))
        self.grant = Grant(run=(), reasons=())

    @property
    def running(self) -> int:
        """Machines that may run."""
        return sum(motor.allowed for motor in self.motors)

    @property
    def power_kw(self) -> tuple[float, ...]:
        """Of each machine."""
        return tuple(motor.power_kw for motor in self.motors)


class Yard:
    """All of it, lived second by second; `each` is called after every step."""

    def __init__(self, feeder: Feeder, ponds: list[Pond], each: Callable[[], None] = lambda: None) -> None:
        self.feeder = feeder
        self.ponds = ponds
        self.power = Power([feeder])
        self.now_s = 0.0
        self.hour: float | None = None
        self.mains: bool | None = True
        self.mains_seen: Callable[[], bool | None] = lambda: self.mains
        self.generator = False
        self.quiet = False
        self.each = each

    @property
    def alive(self) -> bool:
        """There is electricity on the feeder."""
        return self.mains is not False or self.generator

    @property
    def load_kw(self) -> float:
        """Of all that turns."""
        return sum(m.power_kw for pond in self.ponds for m in pond.motors if m.runs(self.alive))

    def live(self, seconds: int, step_s: float = 1.0) -> None:
        """So many steps."""
        for _ in range(seconds):
            self.now_s += step_s
            self._step()
            self.each()

    def _step(self) -> None:
        asks = [self._ask(pond) for pond in self.ponds]
        mains = self.mains_seen()
        grants = self.power.step(self.now_s, asks, mains={"main": mains}, quiet=self.quiet)
        for pond, ask in zip(self.ponds, asks, strict=True):
            pond.grant = grants[pond.name]
            assert not any(run and not wanted for run, wanted in zip(pond.grant.run, ask.wanted, strict=True))
            pond.guard.settle(pond.grant.run, self.now_s)
            for motor, run in zip(pond.motors, pond.grant.run, strict=True):
                ran, motor.allowed = motor.runs(self.alive), run
                if motor.runs(self.alive) and not ran:
                    motor.starts_s.append(self.now_s)

    def _ask(self, pond: Pond) -> Ask:
        machines = tuple(
            Machine(
                allowed=motor.allowed,
                running=motor.runs(self.alive),
                hand_off_auto=motor.switch,
                failed=pond.guard.failed(at),
                stuck=pond.guard.stuck(at),
            )
            for at, motor in enumerate(pond.motors)
        )
        observation = Observation(now_s=self.now_s, oxygen=pond.oxygen, machines=machines, hour=self.hour)
        wish = Decision(run=tuple(pond.wanted), reasons=(Reason("hold"),) * len(pond.motors))
        decision = pond.guard.step(observation, wish, self.now_s, powered=self.power.powered(pond.feeder))
        return Ask(
            pond=pond.name,
            feeder=pond.feeder,
            wanted=decision.run,
            machines=machines,
            power_kw=pond.power_kw,
            minutes_to_danger=pond.minutes,
            deficit_mg_l=pond.deficit,
            urgent=pond.guard.urgent,
        )


def pond(name: str, count: int = 4, *, power_kw: float = 1.5, on: bool = True, **more: object) -> Pond:
    """A pond of like machines that all run or all rest, and whose controller wants it so."""
    settings = GuardSettings(stagger_s=0, minimum_on_s=minimum_on_s(power_kw, GuardSettings.minimum_off_s))
    motors = [Motor(power_kw=power_kw, allowed=on) for _ in range(count)]
    return Pond(name, motors, settings, wanted=[on] * count, **more)  # type: ignore[arg-type]

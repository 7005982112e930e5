"""What the controller sees, what it decides, and why."""

import enum
from dataclasses import dataclass, field
from typing import Protocol


class DoState(enum.StrEnum):
    """How far a pond's oxygen reading can be believed."""

    GOOD = "good"
    WAITING = "waiting"
    STALE = "stale"
    BAD = "bad"
    FROZEN = "frozen"
    IMPLAUSIBLE = "implausible"
    OUT_OF_WATER = "out_of_water"


@dataclass(frozen=True, slots=True, kw_only=True)
class Oxygen:
    """Dissolved oxygen after judgement; `value_mg_l` is the last number heard, to be used only when the state is good."""

    state: DoState
    value_mg_l: float | None = None
    age_s: float | None = None
    trend_mg_l_h: float | None = None
    detail: str = ""
    taken_s: float | None = None

    @property
    def good(self) -> bool:
        """True when the value may be used."""
        return self.state is DoState.GOOD and self.value_mg_l is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One aerator: None where the panel has not said; `failed` and `stuck` are what the guard has found out.

    `speed` is the fraction of full speed of a drive, 1 for a machine that has none.
    """

    allowed: bool | None = None
    running: bool | None = None
    hand_off_auto: int | None = None
    current_a: float | None = None
    speed: float = 1.0
    failed: bool = False
    stuck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One pond at one time; `now_s` is pond time on the monotonic clock, `hour` the local hour of day where it is known."""

    now_s: float
    oxygen: Oxygen
    machines: tuple[Machine, ...]
    hour: float | None = None
    temperature_c: float | None = None
    salinity_psu: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, as a message of the catalogue and its numbers."""

    code: str
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Which machines shall run, each with its reason."""

    run: tuple[bool, ...]
    reasons: tuple[Reason, ...]


class Controller(Protocol):
    """Keeps one pond's oxygen: pure, no input or output, time comes with the observation."""

    def step(self, observation: Observation) -> Decision: ...

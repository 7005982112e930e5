"""What alarms look at: the farm as it stands in one pass, plain and without any way back to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.alarms.limits import WaterLimits
from gateway.control.observation import Oxygen


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineFacts:
    """An aerator by its number on the panel; what the guard has found out."""

    number: int
    failed: bool = False
    stuck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PondFacts:
    """One pond; `readings` has what is good and fresh, by symbol.

    `minutes_to_danger`: until oxygen is under `danger_mg_l` with all that can run; infinite when it will not be within the
    hours looked at, None while nobody can say. `held_back` are machines that a power limit keeps from running.
    """

    id: str
    node: str
    panel: str | None = None
    oxygen: Oxygen
    low_mg_l: float = 4.0
    danger_mg_l: float = 3.0
    minutes_to_danger: float | None = None
    verdict: str = ""
    readings: Mapping[str, float] = field(default_factory=dict)
    limits: WaterLimits
    machines: tuple[MachineFacts, ...] = ()
    held_back: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFacts:
    """A device on a line; `failing_s` is how long it has not answered, `phases` what a panel senses, None for nothing.

    `panel` when it holds aerators, `watches` when a pond's oxygen comes from it.
    """

    name: str
    line: str
    panel: bool = False
    watches: bool = True
    failing_s: float = 0.0
    error: str = ""
    twins: tuple[str, ...] = ()
    phases: tuple[bool, ...] | None = None
    powered: bool = True
    calibrated_days: float | None = None

    @property
    def dark(self) -> bool | None:
        """True when no phase is there, None where nobody can say."""
        return None if self.phases is None else not any(self.phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One pass; `now_s` on the monotonic clock, `pond_s` in pond time, `wall_s` a label."""

    now_s: float
    pond_s: float
    wall_s: float
    ponds: tuple[PondFacts, ...] = ()
    devices: tuple[DeviceFacts, ...] = ()
    storage: str = ""
    wall_known: bool = True
    cloud_silent_s: float | None = None
    tariff_warning: str = ""

"""What a controller sees, what it is told of its pond, and how it is asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

PROBE_ALARMS = ("fouled", "weak", "stuck", "out_of_water", "lost")


@dataclass(slots=True)
class Seen:
    """One minute. `hour` is local, since Monday 00:00 of the measured week, negative in the warm-up; None is unread."""

    minute: int
    hour: float
    do_mg_l: float | None
    do_sat_pct: float | None
    temperature_c: float | None
    salinity_psu: float | None
    running: list[bool]
    mains: bool = True
    feeder_limit_kw: float | None = None


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a controller is told of its pond; `kg_o2_per_kwh` is the nameplate's, in clean water.

    `longest_cut_minutes` is above 0 where the farmer has set a weak grid.
    """

    machines: int
    power_kw: float
    volume_m3: float
    depth_m: float
    area_m2: float
    kg_o2_per_kwh: float
    mixing: int = 0
    floor_mg_l: float = 4.0
    longest_cut_minutes: float = 0.0

    @property
    def motor(self) -> float:
        """Rating of one motor, kW."""
        return self.power_kw


class Player(Protocol):
    """A controller in the benchmark; `alarms` grows by (minute of the run, kind of `PROBE_ALARMS` or its own)."""

    name: str
    alarms: list[tuple[int, str]]

    def minute(self, seen: Seen) -> list[bool]:
        """The command of each machine for the next minute."""
        ...


Factory = Callable[[Facts], Player]

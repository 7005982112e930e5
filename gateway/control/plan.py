"""What the planner is asked and what it answers: plain numbers that travel between processes."""

import bisect
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One pond's next day in stages. Arrays over stages have the length of `hours`; arrays over counts go from 0 to all.

    `hours` is the length of each stage, `rate_mg_l_h` the biology without surface and aerators, `full_mg_l` the oxygen that
    the water holds, `surface_per_h` the exchange with air, `transfer_per_h` and `power_kw` of the first n machines in the
    order of preference, `least` and `most` how many may run.
    """

    pond: str
    made_s: float
    do_mg_l: float
    running: int
    hours: tuple[float, ...]
    rate_mg_l_h: tuple[float, ...]
    full_mg_l: tuple[float, ...]
    floor_mg_l: tuple[float, ...]
    price_vnd_kwh: tuple[float, ...]
    least: tuple[int, ...]
    most: tuple[int, ...]
    surface_per_h: float
    transfer_per_h: tuple[float, ...]
    power_kw: tuple[float, ...]
    start_vnd: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How many machines to run at which oxygen, at which time.

    `policy[stage][running][place]` is the count to run when `running` machines run and oxygen is at `grid_mg_l[place]`; the
    rest is what is expected: oxygen at the start of each stage, machines in it, and the whole cost.
    """

    pond: str
    made_s: float
    starts_s: tuple[float, ...]
    grid_mg_l: tuple[float, ...]
    policy: tuple[tuple[bytes, ...], ...]
    do_mg_l: tuple[float, ...]
    count: tuple[int, ...]
    cost_vnd: float

    def stage(self, now_s: float) -> int:
        """Which stage `now_s` lies in."""
        return max(0, bisect.bisect_right(self.starts_s, now_s) - 1)

    def ends_s(self) -> float:
        """When the last stage begins: after that the plan says nothing."""
        return self.starts_s[-1]

    def wanted(self, now_s: float, do_mg_l: float, running: int) -> int:
        """How many machines shall run now."""
        place = min(bisect.bisect_left(self.grid_mg_l, do_mg_l), len(self.grid_mg_l) - 1)
        if place and self.grid_mg_l[place] - do_mg_l > do_mg_l - self.grid_mg_l[place - 1]:
            place -= 1
        return self.policy[self.stage(now_s)][running][place]

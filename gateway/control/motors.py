"""What a motor bears, by its size.

Starts an hour and rest lie well under NEMA MG 10 (table 2-3) for the 4-pole motors of paddlewheels: 19.8 starts and 40 s
at 2.2 kW, 12.5 and 46 s at 7.5 kW, 9.6 and 55 s at 15 kW. How long a start loads the feeder is our choice.
"""

from bisect import bisect_left

_UP_TO_KW = (2.2, 7.5)
_STARTS_PER_HOUR = (12, 8, 6)
_RUN_UP_S = (3.0, 5.0, 10.0)

KEPT_FOR_SAFETY = 2  # starts of each hour that comfort may not use up


def starts_per_hour(power_kw: float) -> int:
    """Most starts within any hour."""
    return _STARTS_PER_HOUR[bisect_left(_UP_TO_KW, power_kw)]


def run_up_s(power_kw: float) -> float:
    """Seconds for which a start counts as such on its feeder, large motors longer."""
    return _RUN_UP_S[bisect_left(_UP_TO_KW, power_kw)]


def minimum_on_s(power_kw: float, minimum_off_s: float) -> float:
    """Least run in seconds: five minutes, or so long that safety alone can never use up an hour's starts."""
    return max(300.0, 3600 / starts_per_hour(power_kw) - minimum_off_s)

"""What is wrong with an oxygen probe, as far as its own record tells. Pure and causal: one row at a time.

Seen at once: values no water has, no value, exact repeats, a probe in the air, spikes. Seen over hours and days, against the
probe's own history: a fouled membrane (the fine structure is gone while slow swings stay), a conductivity cell that only
makes noise, loss of height from day to day. An offset that comes slowly cannot be seen here: that needs the step test.
"""

import enum
import math
from dataclasses import dataclass

from gateway.control.texture import MEMORY_S, Mean, Texture
from hardware.water import oxygen_solubility_mg_l

DAY_S = 86_400.0
GOOD_ROWS = 3

LOST_ROWS = 3
ZERO_ROWS = 3
DO_LIMITS_MG_L = (-0.5, 25.0)
SATURATION_LIMITS_PCT = (-5.0, 250.0)
TEMPERATURE_LIMITS_C = (-5.0, 45.0)
SALINITY_LIMITS_PSU = (-0.5, 60.0)

REPEAT_ROWS = 10
REPEAT_S = 900.0
REPEAT_ODDS = math.log(1e-6)
REPEAT_SHARES = (0.05, 0.95)

AIR_SAT = (95.0, 105.0)
AIR_ROWS = 3
AIR_STEP_C = 1.5
AIR_DEPTH_M = 0.05
SALTY_PSU = 2.0
COLLAPSED = 0.1

SPIKE_MG_L = 1.0
SPIKE_ROWS_S = 120.0
SPIKE_MEMORY_S = 1800.0
SPIKE_ROWS = 30
SPIKE_SHARE = 0.05

APART = 0.06
APART_MG_L = 0.25
APART_S = 3600.0

SMOOTH_ENTER = 0.5
SMOOTH_LEAVE = 0.65
QUICK_ENTER = 0.1
KNOWN_DAYS = 2.0
LEAVE_HOURS = 4.0

ROUGH_SALT = 2.0
WHITE_SALT = 0.8
LEAST_ROUGH_SALT_PSU = 0.1

PEAK_MEMORY_S = 3600.0
PEAK_DAYS = 10
LOST_HEIGHT = 0.65
LARGEST_STEP = 0.4


class Fault(enum.StrEnum):
    """What a record tells of its probe, the worst first."""

    DEAD = "dead"
    OUT_OF_WATER = "out_of_water"
    STUCK = "stuck"
    NOISY = "noisy"
    INCONSISTENT = "inconsistent"
    FOULED = "fouled"
    WEAK = "weak"
    SALINITY = "salinity"

    @property
    def blind(self) -> bool:
        """True when the reading says nothing of the water; else it is only doubtful."""
        return self in (Fault.DEAD, Fault.OUT_OF_WATER, Fault.STUCK, Fault.NOISY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A fault, when it was found, and since when the record is to be doubted (at the earliest the last service)."""

    fault: Fault
    since_s: float
    began_s: float


class Signature:
    """The state of one probe's record. Times are seconds of pond time; rows may come every 10 s to every 15 min."""

    def __init__(self) -> None:
        self._now_s = -math.inf
        self._serviced_s: float | None = None
        self._found: dict[Fault, Verdict] = {}
        self._values = _Values()
        self._repeats = _Repeats()
        self._air = _Air()
        self._spikes = _Spikes()
        self._apart = _Apart()
        self._oxygen = Texture()
        self._salt = Texture()
        self._height = _Height()

    def take(
        self,
        now_s: float,
        do_mg_l: float | None,
        do_sat_pct: float | None = None,
        temperature_c: float | None = None,
        salinity_psu: float | None = None,
        depth_m: float | None = None,
    ) -> None:
        """One row; None where a quantity is not measured or has no value. A row not newer than the last is not taken."""
        if now_s <= self._now_s:
            return
        self._now_s = now_s
        dead = self._values.take(do_mg_l, do_sat_pct, temperature_c)
        self._say(Fault.DEAD, dead)
        salt_gone = salinity_psu is not None and not _within(salinity_psu, SALINITY_LIMITS_PSU)
        if dead or do_mg_l is None:
            return
        self._say(Fault.STUCK, self._repeats.take(now_s, do_mg_l, do_sat_pct))
        in_air, fresh = self._air.take(now_s, do_sat_pct, temperature_c, salinity_psu, depth_m)
        self._say(Fault.OUT_OF_WATER, in_air)
        if in_air:
            return
        self._say(Fault.NOISY, self._spikes.take(now_s, do_mg_l))
        if not (salt_gone or fresh):
            self._say(Fault.INCONSISTENT, self._apart.take(now_s, do_mg_l, do_sat_pct, temperature_c, salinity_psu))
        if self._oxygen.take(now_s, do_mg_l if do_sat_pct is None else do_sat_pct):
            self._say(Fault.FOULED, self._fouled())
        self._say(Fault.WEAK, self._height.take(now_s, do_mg_l if do_sat_pct is None else do_sat_pct))
        if salinity_psu is not None and not salt_gone and not fresh and self._salt.take(now_s, salinity_psu):
            self._say(Fault.SALINITY, self._salt_is_noise())
        if salt_gone or fresh:
            self._say(Fault.SALINITY, True)

    @property
    def verdict(self) -> Verdict | None:
        """The worst that is true now."""
        return next((self._found[fault] for fault in Fault if fault in self._found), None)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All that is true now, the worst first."""
        return tuple(self._found[fault] for fault in Fault if fault in self._found)

    def serviced(self, now_s: float) -> None:
        """The probe was cleaned, calibrated or changed: what was found is void, what is usual stays known."""
        self._serviced_s = now_s
        self._found = {}
        self._values, self._air, self._spikes, self._height = _Values(), _Air(), _Spikes(), _Height()
        self._oxygen.restart()
        self._salt.restart()

    def _say(self, fault: Fault, true: bool) -> None:
        if not true:
            self._found.pop(fault, None)
        elif fault not in self._found:
            self._found[fault] = Verdict(fault=fault, since_s=self._now_s, began_s=self._began_s(fault))

    def _began_s(self, fault: Fault) -> float:
        """Slow faults were there before they were found: since the last service, else a memory's length ago."""
        if fault is Fault.STUCK:
            return self._repeats.since_s
        if fault not in (Fault.FOULED, Fault.WEAK, Fault.SALINITY):
            return self._now_s
        if self._serviced_s is not None and fault is not Fault.SALINITY:
            return self._serviced_s
        return self._now_s - MEMORY_S

    def _fouled(self) -> bool:
        """A membrane under growth answers slowly: quick changes are gone from the record, slow ones are not."""
        oxygen = self._oxygen
        if Fault.FOULED in self._found:
            return oxygen.hours < LEAVE_HOURS or oxygen.roughness_ratio < SMOOTH_LEAVE
        known = oxygen.known_s >= KNOWN_DAYS * DAY_S and oxygen.hours >= MEMORY_S / 3600
        return known and oxygen.roughness_ratio < SMOOTH_ENTER and oxygen.quickness_ratio < QUICK_ENTER

    def _salt_is_noise(self) -> bool:
        """Much rougher than usual, and each value forgets the one before: the cell speaks, not the water."""
        salt = self._salt
        known = salt.known_s >= KNOWN_DAYS * DAY_S and salt.roughness.value >= LEAST_ROUGH_SALT_PSU
        return known and salt.roughness_ratio >= ROUGH_SALT and salt.whiteness >= WHITE_SALT


class _Values:
    """No value, exact zeros, or values that no pond has."""

    def __init__(self) -> None:
        self._lost = 0
        self._zeros = 0
        self._held = 0

    def take(self, do_mg_l: float | None, do_sat_pct: float | None, temperature_c: float | None) -> bool:
        self._lost = self._lost + 1 if do_mg_l is None else 0
        self._zeros = self._zeros + 1 if do_mg_l == 0 and not do_sat_pct else 0
        possible = (
            (do_mg_l is None or _within(do_mg_l, DO_LIMITS_MG_L))
            and (do_sat_pct is None or _within(do_sat_pct, SATURATION_LIMITS_PCT))
            and (temperature_c is None or _within(temperature_c, TEMPERATURE_LIMITS_C))
        )
        self._held = GOOD_ROWS if not possible else max(0, self._held - 1)
        return self._held > 0 or self._lost >= LOST_ROWS or self._zeros >= ZERO_ROWS


class _Repeats:
    """The same number again and again, more often and longer than is usual for this probe's resolution."""

    def __init__(self) -> None:
        self.since_s = 0.0
        self._first_s: float | None = None
        self._last: tuple[float, float | None] | None = None
        self._run = 0
        self._share = 0.3
        self._longest_s = 0.0
        self._stuck = False

    def take(self, now_s: float, do_mg_l: float, do_sat_pct: float | None) -> bool:
        self._first_s = now_s if self._first_s is None else self._first_s
        row = (do_mg_l, do_sat_pct)
        if row == self._last:
            self._run += 1
        else:
            self._learn(now_s)
            self._last, self._run, self.since_s, self._stuck = row, 0, now_s, False
        if not self._stuck and self._run >= REPEAT_ROWS and now_s - self.since_s >= self._patience_s(now_s):
            least, most = REPEAT_SHARES
            self._stuck = self._run * math.log(min(max(self._share, least), most)) < REPEAT_ODDS
        return self._stuck

    def _patience_s(self, now_s: float) -> float:
        """Twice the longest pause of the days before; on the first day a calm afternoon is not known yet."""
        assert self._first_s is not None
        least_s = REPEAT_S if now_s - self._first_s > DAY_S else 2 * REPEAT_S
        return max(least_s, 2 * self._longest_s)

    def _learn(self, now_s: float) -> None:
        """Share of rows that repeat, over about 500 rows, a long run counting as a short one; the longest pause fades."""
        run = min(self._run, REPEAT_ROWS)
        weight = min(1.0, 0.002 * (run + 1))
        self._share += weight * (run / (run + 1) - self._share)
        passed_s = now_s - self.since_s
        self._longest_s *= 1 - min(1.0, passed_s / (3 * DAY_S))
        if not self._stuck and self._run:
            self._longest_s = max(self._longest_s, passed_s)


class _Air:
    """Air saturation together with what only a probe out of the water has: no salt, another temperature, no depth."""

    def __init__(self) -> None:
        self._temperature_c = Mean(3600.0)
        self._salt_psu = Mean(DAY_S)
        self._rows = 0
        self._fresh = 0

    def take(
        self,
        now_s: float,
        do_sat_pct: float | None,
        temperature_c: float | None,
        salinity_psu: float | None,
        depth_m: float | None,
    ) -> tuple[bool, bool]:
        """In the air; salt gone though in the water."""
        salty = self._salt_psu.count >= AIR_ROWS and self._salt_psu.value > SALTY_PSU
        fresh = salty and salinity_psu is not None and salinity_psu < COLLAPSED * self._salt_psu.value
        other = (
            temperature_c is not None
            and self._temperature_c.count >= AIR_ROWS
            and abs(temperature_c - self._temperature_c.value) > AIR_STEP_C
        )
        bare = depth_m is not None and depth_m < AIR_DEPTH_M
        like_air = do_sat_pct is not None and _within(do_sat_pct, AIR_SAT) and (fresh or other or bare)
        self._rows = self._rows + 1 if like_air else 0
        self._fresh = self._fresh + 1 if fresh else 0
        if temperature_c is not None:
            self._temperature_c.take(now_s, temperature_c, 0.1 if like_air else 1.0)
        if salinity_psu is not None and not fresh:
            self._salt_psu.take(now_s, salinity_psu)
        in_air = self._rows >= AIR_ROWS
        return in_air, self._fresh >= AIR_ROWS and not in_air


class _Spikes:
    """Jumps there and back that mixed water cannot make, where rows are close enough to tell."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float]] = []
        self._share = Mean(SPIKE_MEMORY_S)

    def take(self, now_s: float, do_mg_l: float) -> bool:
        if self._rows and now_s - self._rows[-1][0] > SPIKE_ROWS_S:
            self._rows = []
            self._share.restart()
        self._rows.append((now_s, do_mg_l))
        if len(self._rows) < 3:
            return False
        older, old, new = (value for _, value in self._rows)
        del self._rows[0]
        there_and_back = (old - older) * (old - new) > 0 and min(abs(old - older), abs(old - new)) > SPIKE_MG_L
        self._share.take(now_s, float(there_and_back))
        return self._share.count >= SPIKE_ROWS and self._share.value > SPIKE_SHARE


class _Apart:
    """mg/L and saturation of one probe that no longer belong to the same water; of unknown salinity, to that of before."""

    def __init__(self) -> None:
        self._usual = Mean(7 * DAY_S)
        self._since_s: float | None = None

    def take(
        self,
        now_s: float,
        do_mg_l: float,
        do_sat_pct: float | None,
        temperature_c: float | None,
        salinity_psu: float | None,
    ) -> bool:
        if do_sat_pct is None or temperature_c is None or not _within(temperature_c, (0.0, 40.0)):
            return False
        expected = do_sat_pct / 100 * oxygen_solubility_mg_l(temperature_c, min(max(salinity_psu or 0.0, 0.0), 45.0))
        if expected < 1.0:
            return self._since_s is not None and now_s - self._since_s >= APART_S
        ratio = do_mg_l / expected
        usual = self._usual.value if self._usual.count else 1.0 if salinity_psu is not None else ratio
        off = ratio - usual
        if abs(off) > APART and abs(off * expected) > APART_MG_L:
            self._since_s = now_s if self._since_s is None else self._since_s
        else:
            self._since_s = None
            self._usual.take(now_s, ratio)
        return self._since_s is not None and now_s - self._since_s >= APART_S


class _Height:
    """The day's peak sinks from day to day. A cloud front or a crash takes it in one step, a dying probe does not."""

    def __init__(self) -> None:
        self._level = Mean(PEAK_MEMORY_S)
        self._day: int | None = None
        self._rows = 0
        self._peaks: list[float] = []
        self._today = 0.0
        self._sunk = False

    def take(self, now_s: float, value: float) -> bool:
        self._level.take(now_s, value)
        day = int(now_s / DAY_S)
        if day != self._day:
            if self._day is not None and self._rows >= 8:
                self._close(self._today)
            self._day, self._rows, self._today = day, 0, self._level.value
        self._rows += 1
        self._today = max(self._today, self._level.value)
        return self._sunk

    def _close(self, peak: float) -> None:
        self._peaks = [*self._peaks[1 - PEAK_DAYS :], max(peak, 0.01)]
        if len(self._peaks) < 6:
            return
        before = max(self._peaks[:-4])
        fall = math.log(before / max(self._peaks[-2:]))
        start = self._peaks.index(before)
        steps = [math.log(old / new) for old, new in zip(self._peaks[start:], self._peaks[start + 1 :], strict=False)]
        self._sunk = fall > -math.log(LOST_HEIGHT) and (self._sunk or max(steps) < LARGEST_STEP * fall)


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]

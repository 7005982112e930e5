"""What oxygen will do, learned from what it did: each hour's usual rate and level, and how the unusual goes away.

    dC/dt = rate(hour) + c r exp(-t/3 h) - back x (C - level(hour)) + (surface + machines) x (full - C)

`rate` and `level` are means of the last days at this hour (machines and surface taken out of the rate). r is how much faster
oxygen rises of late than is usual. `back` and c are learned at night, when light no longer drives anything: in a closed
pond what departs from the usual stays (back near 0), in water that comes and goes it is gone by morning.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from gateway.control.profile import HOURS, DayCurve

LEARNING = 0.5
SMOOTH_H = 0.5
RECENT_H = 2.0
AHEAD_H = 3.0
EVERY = 4
NIGHT_H = (18.0, 6.5)
NIGHTS = 20.0
PER_NIGHT = 10.0
KEPT_BEFORE = 0.5
SURE_LEVEL, SURE_RATE = 1.0, 0.3
MOST_BACK_PER_H = 0.4
STEP_H = 1 / 6
ERROR_HOURS = 12
ERRORS_KEPT = 168
FIRST_ERROR_MG_L = 0.5
MEAN_OF_FADING = 1 - math.exp(-1)


def _nothing(_: float) -> float:
    """No machine runs."""
    return 0.0


@dataclass(slots=True)
class _Guess:
    """A night hour from which the next three are watched."""

    ends_h: float
    off_level_mg_l: float
    off_rate_mg_l_h: float
    off_mg_l: float = 0.0


class _Fading:
    """Least squares of what followed on level and rate that were off, with weak beliefs of before; forgets in some weeks."""

    def __init__(self) -> None:
        self._ll, self._rr, self._lr = SURE_LEVEL, SURE_RATE, 0.0
        self._ly, self._ry = 0.0, KEPT_BEFORE * SURE_RATE

    def take(self, level: float, rate: float, followed: float) -> None:
        keep = math.exp(-1 / NIGHTS / PER_NIGHT)
        new = 1 - keep
        self._ll = keep * self._ll + new * SURE_LEVEL + level * level
        self._rr = keep * self._rr + new * SURE_RATE + rate * rate
        self._lr = keep * self._lr + level * rate
        self._ly = keep * self._ly + level * followed
        self._ry = keep * self._ry + new * KEPT_BEFORE * SURE_RATE + rate * followed

    @property
    def back_per_h(self) -> float:
        """How fast an unusual level goes back."""
        determinant = self._ll * self._rr - self._lr**2
        mean = (self._lr * self._ry - self._rr * self._ly) / determinant
        gone = min(max(mean * AHEAD_H, 0.0), 0.95)
        return min(-math.log(1 - gone) / AHEAD_H, MOST_BACK_PER_H)

    @property
    def kept(self) -> float:
        """Which share of an unusual rate the next three hours still have in the mean; c is 1.6 times this, 1 at most."""
        determinant = self._ll * self._rr - self._lr**2
        return min(max((self._ll * self._ry - self._lr * self._ly) / determinant, 0.0), 1.0)


class _Errors:
    """How far forecasts were off, by whole hours ahead."""

    def __init__(self) -> None:
        self._squares = [FIRST_ERROR_MG_L**2] * ERROR_HOURS
        self._open: deque[tuple[float, list[float]]] = deque(maxlen=ERROR_HOURS)

    def put(self, now_h: float, hourly: list[float]) -> None:
        """A forecast made now for the next whole hours."""
        self._open.append((now_h, hourly))

    def check(self, now_h: float, do_mg_l: float) -> None:
        """What came, at a whole hour after forecasts were made."""
        for made_h, hourly in self._open:
            ahead = round(now_h - made_h)
            if 1 <= ahead <= len(hourly) and abs(now_h - made_h - ahead) < HOURS / 2:
                off = hourly[ahead - 1] - do_mg_l
                self._squares[ahead - 1] += (off * off - self._squares[ahead - 1]) / ERRORS_KEPT

    def clear(self) -> None:
        """Nothing of before will be checked."""
        self._open.clear()

    def at(self, ahead_h: float) -> float:
        """Root mean square error so many hours ahead."""
        place = min(max(ahead_h - 1, 0.0), ERROR_HOURS - 1.001)
        left = int(place)
        square = self._squares[left] + (place - left) * (self._squares[left + 1] - self._squares[left])
        return math.sqrt(square) * math.sqrt(min(1.0, max(ahead_h, 0.05)))


class Outlook:
    """Learns one pond. Feed it every minute to every quarter hour; times are hours since a local midnight."""

    def __init__(self, surface_per_h: float = 0.025) -> None:
        self.surface_per_h = surface_per_h
        self.rates = DayCurve(learning=LEARNING)
        self.levels = DayCurve(learning=LEARNING)
        self._fading = _Fading()
        self._do_mg_l: float | None = None
        self._full_mg_l = 7.0
        self._now_h = 0.0
        self._quarter_h = 0.0
        self._at_quarter_mg_l = 0.0
        self._given_mg_l = 0.0
        self._off_rate_mg_l_h = 0.0
        self._quarters = 0
        self._guesses: deque[_Guess] = deque()
        self._errors = _Errors()
        self._aided = False

    @property
    def back_per_h(self) -> float:
        """How fast an unusual level goes back, learned."""
        return self._fading.back_per_h

    @property
    def kept(self) -> float:
        """Share of an unusual rate that stays, learned."""
        return self._fading.kept

    @property
    def days(self) -> int:
        """How many whole days are known."""
        return self.rates.days

    def spread_mg_l(self, ahead_h: float) -> float:
        """How far such forecasts were off in the last week, root mean square; only without machines is it tried."""
        return self._errors.at(ahead_h)

    def take(self, now_h: float, do_mg_l: float | None, full_mg_l: float, transfer_per_h: float = 0.0) -> None:
        """Oxygen now, its saturation, and the transfer of the machines that ran since the last call; None is not known."""
        if do_mg_l is None or (self._do_mg_l is not None and now_h - self._now_h > 3 * HOURS):
            self._forget()
            if do_mg_l is None:
                return
        self._full_mg_l = full_mg_l
        if self._do_mg_l is None:
            self._begin(now_h, do_mg_l)
            return
        passed_h = now_h - self._now_h
        self._aided = self._aided or transfer_per_h > 0
        given_mg_l = passed_h * (self.surface_per_h + transfer_per_h) * (full_mg_l - self._do_mg_l)
        self._given_mg_l += given_mg_l
        usual_mg_l = passed_h * self.rates.at(now_h) if self.days else 0.0
        expected = self._do_mg_l + given_mg_l + usual_mg_l
        self._do_mg_l = expected + (1 - math.exp(-passed_h / SMOOTH_H)) * (do_mg_l - expected)
        self._now_h = now_h
        if now_h - self._quarter_h >= HOURS - 1e-6:
            self._close(now_h)

    def path(
        self,
        hours: float,
        transfer_per_h: Callable[[float], float] = _nothing,
        careful: bool = False,
    ) -> list[float]:
        """Oxygen every ten minutes from now. `transfer_per_h` is what runs, by hours ahead.

        A careful path expects no help: no way back up to the usual level, and all of a rate worse than usual.
        """
        if self._do_mg_l is None:
            return []
        do = self._do_mg_l
        off, back, level = self._off_rate_mg_l_h, self.back_per_h, self.levels
        carried = min(off, 0.0) if careful else off * min(1.0, self.kept / MEAN_OF_FADING)
        found = [do]
        for step in range(round(hours / STEP_H)):
            ahead_h = (step + 0.5) * STEP_H
            hour = self._now_h + ahead_h
            rate = self.rates.at(hour) + carried * math.exp(-ahead_h / AHEAD_H)
            usual = level.at(hour) if level.share_known else do
            pull = 0.0 if careful and usual > do else back
            gain = self.surface_per_h + transfer_per_h(ahead_h)
            total = gain + pull
            goal = (gain * self._full_mg_l + pull * usual + rate) / total if total else do
            do = max(0.0, goal + (do - goal) * math.exp(-total * STEP_H)) if total else max(0.0, do + rate * STEP_H)
            found.append(do)
        return found

    def _begin(self, now_h: float, do_mg_l: float) -> None:
        self._do_mg_l = self._at_quarter_mg_l = do_mg_l
        self._now_h = self._quarter_h = now_h
        self._given_mg_l = 0.0

    def _forget(self) -> None:
        """A hole in the record: what spans it is not learned."""
        self._do_mg_l = None
        self._guesses.clear()
        self._errors.clear()
        self._off_rate_mg_l_h = 0.0
        self.rates.forget_open()
        self.levels.forget_open()

    def _close(self, now_h: float) -> None:
        """A quarter hour is over: learn its rate and level, and watch from it if it is night."""
        assert self._do_mg_l is not None
        passed_h = now_h - self._quarter_h
        middle_h = now_h - passed_h / 2
        rate = (self._do_mg_l - self._at_quarter_mg_l - self._given_mg_l) / passed_h
        off = rate - self.rates.at(middle_h) if self.days else 0.0
        self._off_rate_mg_l_h += (1 - math.exp(-passed_h / RECENT_H)) * (off - self._off_rate_mg_l_h)
        self._watch(now_h, off * passed_h)
        self.rates.take(middle_h, rate)
        self.levels.take(middle_h, self._do_mg_l)
        self._quarter_h, self._at_quarter_mg_l, self._given_mg_l = now_h, self._do_mg_l, 0.0
        self._score(now_h)

    def _score(self, now_h: float) -> None:
        """Each whole hour: check old forecasts, make a new one."""
        assert self._do_mg_l is not None
        if self._quarters % EVERY:
            return
        if self._aided:
            self._errors.clear()
        self._errors.check(now_h, self._do_mg_l)
        if self.days:
            self._errors.put(now_h, self.path(ERROR_HOURS)[round(1 / STEP_H) :: round(1 / STEP_H)])
        self._aided = False

    def _watch(self, now_h: float, off_mg_l: float) -> None:
        assert self._do_mg_l is not None
        for guess in self._guesses:
            guess.off_mg_l += off_mg_l
        while self._guesses and now_h >= self._guesses[0].ends_h - 1e-6:
            guess = self._guesses.popleft()
            self._fading.take(guess.off_level_mg_l, guess.off_rate_mg_l_h, guess.off_mg_l / AHEAD_H)
        self._quarters += 1
        if self.days and self._quarters % EVERY == 0 and _night_until(now_h % 24, AHEAD_H):
            off_level = self._do_mg_l - self.levels.at(now_h)
            self._guesses.append(_Guess(now_h + AHEAD_H, off_level, self._off_rate_mg_l_h))


def _night_until(hour: float, ahead_h: float) -> bool:
    """Dark now and so many hours from now."""
    dusk, dawn = NIGHT_H
    return hour + ahead_h <= dawn or (hour >= dusk and hour + ahead_h <= 24 + dawn)

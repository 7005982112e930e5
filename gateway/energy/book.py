"""What every pond used on each day, out of the journal's minutes; a day that is long over is reckoned once."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from gateway.control.learn import running_from_current
from gateway.energy.use import DAY_MINUTES, DayPrices, DayUse, counted_kwh, day_prices, day_use
from gateway.farm import Farm, PondSettings
from gateway.journal.minutes import NodeMinutes, read_minutes
from gateway.journal.reader import JournalReader
from hardware.quantities import CURRENT, ENERGY

OPEN_DAYS = 2  # what a node kept while nobody listened may still come
OPEN_FOR_S = 60.0
DAYS_AT_ONCE = 10
MINUTE_S = 60.0

Days = dict[str, list[DayUse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The moment of asking: local time at the ponds, wall and monotonic seconds, and how fast pond time passes."""

    there: datetime
    wall_s: float
    monotonic_s: float
    speed: float = 1.0

    def wall_of(self, there: datetime) -> float:
        """The wall time of a local time at the ponds."""
        return self.wall_s - (self.there - there).total_seconds() / self.speed


class DayBook:
    """Kept by the web process for one farm; its methods may be called from any thread."""

    def __init__(self, farm: Farm) -> None:
        self._farm = farm
        self._tariff = farm.tariff.read()
        self._lock = threading.Lock()
        self._closed: dict[date, dict[str, DayUse]] = {}
        self._open: dict[date, tuple[float, dict[str, DayUse]]] = {}

    def days(self, reader: JournalReader, count: int, now: Now) -> Days:
        """The last so many days of each pond with aerators, today last; a day without currents is left out. apsw.Error."""
        wanted = [now.there.date() - timedelta(days=back) for back in range(count - 1, -1, -1)]
        with self._lock:
            missing = [day for day in wanted if not self._known(day, now)]
            for run in _runs(missing):
                self._reckon(reader, run, now)
            pages = [self._closed.get(day) or self._open.get(day, (0.0, {}))[1] for day in wanted]
        ponds = [pond.id for pond in self._farm.pond if pond.aerators]
        return {pond: [page[pond] for page in pages if pond in page] for pond in ponds}

    def _known(self, day: date, now: Now) -> bool:
        if day in self._closed:
            return True
        reckoned = self._open.get(day)
        return reckoned is not None and now.monotonic_s - reckoned[0] < OPEN_FOR_S

    def _reckon(self, reader: JournalReader, run: Sequence[date], now: Now) -> None:
        since_s = now.wall_of(datetime.combine(run[0], time()))
        until_s = now.wall_of(datetime.combine(run[-1] + timedelta(days=1), time()))
        boards = reader.devices()
        panels = {pond.panel: boards[pond.panel] for pond in self._farm.pond if pond.panel in boards}
        minutes = read_minutes(reader, list(panels.values()), since_s, until_s, MINUTE_S / now.speed)
        pages: list[dict[str, DayUse]] = [{} for _ in run]
        prices = [day_prices(self._tariff, day) for day in run]
        for pond in self._farm.pond:
            if pond.aerators and pond.panel in panels:
                self._reckon_pond(pond, minutes[panels[pond.panel]], run, prices, pages)
        for day, page in zip(run, pages, strict=True):
            if now.there.date() - day >= timedelta(days=OPEN_DAYS):
                self._closed[day] = page
                self._open.pop(day, None)
            else:
                self._open[day] = (now.monotonic_s, page)

    def _reckon_pond(
        self,
        pond: PondSettings,
        panel: NodeMinutes,
        run: Sequence[date],
        prices: Sequence[DayPrices],
        pages: list[dict[str, DayUse]],
    ) -> None:
        running = np.column_stack(
            [running_from_current(panel.mean(CURRENT.symbol, aerator - 1)) for aerator in pond.aerators]
        )
        alone = sum(other.panel == pond.panel for other in self._farm.pond) == 1
        meter = panel.mean(ENERGY.symbol) if alone else None
        timetable = self._farm.baseline.timetable(pond.id, len(pond.aerators))
        for at, day in enumerate(run):
            rows = slice(at * DAY_MINUTES, (at + 1) * DAY_MINUTES)
            if np.isfinite(running[rows]).any():
                counted = None if meter is None else counted_kwh(meter[rows])
                filled = _filled(running[rows])
                pages[at][pond.id] = day_use(day, filled, pond.motors_kw, timetable, prices[at], counted)


def _filled(running: Any) -> Any:
    """Today's rows up to midnight, which are not known yet."""
    missing = DAY_MINUTES - len(running)
    return running if missing <= 0 else np.vstack([running, np.full((missing, running.shape[1]), np.nan)])


def _runs(days: Sequence[date]) -> Iterator[list[date]]:
    """Days that follow each other, some at a time."""
    run: list[date] = []
    for day in days:
        if run and (day - run[-1] != timedelta(days=1) or len(run) == DAYS_AT_ONCE):
            yield run
            run = []
        run.append(day)
    if run:
        yield run

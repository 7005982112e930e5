"""From day rows to a report's lines.

A pond's mean is that of its good readings; an area's mean is that of its ponds, each counted once. A pond is under the
limit on a day whose lowest reading is; hours under it are known where the day's row carries them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from statistics import median

from cloud.reports.lines import WATER, AreaDay, AreaLine, DayLine, PondFacts, PondLine, Report, Span
from cloud.reports.periods import DAY, Period
from cloud.telemetry.days import DayRow
from cloud.telemetry.summary import QuantityDay
from hardware.quantities import DO, ENERGY


def pond_line(
    pond: PondFacts, first: date, last: date, rows: Iterable[DayRow], alarms: Mapping[str, int], today: date
) -> PondLine:
    """One pond's figures out of its day rows; `alarms` are counts by kind."""
    by_day: dict[date, dict[str, QuantityDay]] = {}
    own: dict[date, int] = {}
    for row in rows:
        if first <= row.day <= last:
            by_day.setdefault(row.day, {})[row.of.quantity] = row.of
            own[row.day] = row.expected
    expected = _expected(own, first, last, today)
    days = [_day_line(pond, day, by_day[day], expected[day]) for day in sorted(by_day)]
    lowest = min((of[DO.symbol] for of in by_day.values() if DO.symbol in of), key=lambda of: of.low, default=None)
    return PondLine(
        pond=pond,
        first=first,
        last=last,
        water={name: span for name in WATER if (span := _span_of(by_day.values(), name)) is not None},
        lowest_at=lowest.low_at if lowest else None,
        low_days=sum(line.low for line in days),
        below_h=_sum(line.below_h for line in days),
        seen_days=len(by_day),
        complete=_complete(by_day, expected),
        kwh=counted_kwh([by_day[day][ENERGY.symbol] for day in sorted(by_day) if ENERGY.symbol in by_day[day]]),
        alarms=dict(alarms) if pond.alarms_seen else None,
        days=days,
    )


def _day_line(pond: PondFacts, day: date, water: Mapping[str, QuantityDay], expected: float) -> DayLine:
    oxygen = water.get(DO.symbol)
    return DayLine(
        pond=pond,
        day=day,
        water=water,
        lowest_at=oxygen.low_at if oxygen else None,
        below_h=oxygen.below_s / 3600 if oxygen and oxygen.below_s is not None else None,
        complete=_share(oxygen.count if oxygen else 0, expected),
    )


def _span_of(days: Iterable[Mapping[str, QuantityDay]], quantity: str) -> Span | None:
    found = [of[quantity] for of in days if quantity in of]
    if not found:
        return None
    mean = sum(of.mean * of.count for of in found) / sum(of.count for of in found)
    return Span(min(of.low for of in found), mean, max(of.high for of in found))


def _expected(own: Mapping[date, int], first: date, last: date, today: date) -> dict[date, float]:
    """How many readings each day should have: its own row's number, and on a day that is over at least the usual one.

    A node that was off counted nothing then; the other days (their median) say what it would have sent.
    """
    usual = median(own.values()) if own else 0
    over = {first + at * DAY for at in range((min(last, today - DAY) - first).days + 1)}
    return {day: max(own.get(day, 0), usual if day in over else 0) for day in over | own.keys()}


def _complete(by_day: Mapping[date, Mapping[str, QuantityDay]], expected: Mapping[date, float]) -> float | None:
    if not by_day:
        return 0.0 if expected else None
    counted = sum(rows[DO.symbol].count for rows in by_day.values() if DO.symbol in rows)
    return _share(counted, sum(expected.values()))


def _share(count: int, expected: float) -> float | None:
    return min(1.0, count / expected) if expected else None


def counted_kwh(days: Sequence[QuantityDay]) -> float | None:
    """What a meter counted on these days; None without a meter, and where it went back: a new one, or one set to zero."""
    if not days or any(later.low < earlier.high for earlier, later in pairwise(days)):
        return None
    return days[-1].high - days[0].low


def area_line(code: str, name: str, lines: Sequence[PondLine], farm_alarms: Mapping[str, int]) -> AreaLine:
    """Ponds together; `farm_alarms` are those of no pond in particular."""
    alarms = Counter(farm_alarms)
    for line in lines:
        alarms.update(line.alarms or {})
    return AreaLine(
        code=code,
        name=name,
        farms=len({line.pond.gateway_id for line in lines}),
        ponds=len({line.pond.id for line in lines}),
        without_data=len({line.pond.id for line in lines if not line.seen_days}),
        water={
            name: span for name in WATER if (span := together([line.water.get(name) for line in lines])) is not None
        },
        low_ponds=len({line.pond.id for line in lines if line.low_days}),
        low_days=sum(line.low_days for line in lines),
        below_h=_sum(line.below_h for line in lines),
        complete=_mean([line.complete for line in lines]),
        kwh=_sum(line.kwh for line in lines),
        alarms=dict(sorted(alarms.items(), key=lambda item: (-item[1], item[0]))),
    )


def together(spans: Iterable[Span | QuantityDay | None]) -> Span | None:
    """The lowest, the mean of the means, the highest."""
    known = [span for span in spans if span is not None]
    if not known:
        return None
    mean = sum(span.mean for span in known) / len(known)
    return Span(min(span.low for span in known), mean, max(span.high for span in known))


def area_days(name: str, lines: Iterable[PondLine]) -> list[AreaDay]:
    """These ponds day by day; days of which nothing is known are left out."""
    by_day: dict[date, list[DayLine]] = {}
    for line in lines:
        for day in line.days:
            by_day.setdefault(day.day, []).append(day)
    return [
        AreaDay(
            name=name,
            day=day,
            ponds=len(found),
            oxygen=together([line.water.get(DO.symbol) for line in found]),
            low_ponds=sum(line.low for line in found),
            below_h=_sum(line.below_h for line in found),
        )
        for day, found in sorted(by_day.items())
    ]


def report(
    *,
    area: str,
    province: str,
    period: Period,
    made_at: float,
    withheld: int,
    lines: Sequence[PondLine],
    communes: Mapping[str, str],
    farm_alarms: Mapping[str, Mapping[str, int]],
) -> Report:
    """The whole report; `communes` are names by code, `farm_alarms` counts by kind for each commune's farms."""
    by_commune: dict[str, list[PondLine]] = {}
    for line in lines:
        by_commune.setdefault(line.pond.commune, []).append(line)
    named = sorted((communes.get(code, code), code) for code in by_commune)
    everywhere: Counter[str] = Counter()
    for counts in farm_alarms.values():
        everywhere.update(counts)
    return Report(
        area=area,
        province=province,
        period=period,
        made_at=made_at,
        withheld=withheld,
        ponds=lines,
        communes=[area_line(code, name, by_commune[code], farm_alarms.get(code, {})) for name, code in named],
        total=area_line("", area, lines, everywhere),
        days=area_days(area, lines),
        commune_days=[day for name, code in named for day in area_days(name, by_commune[code])],
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None

"""From the tables to a report."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, farms_seen
from cloud.crops import repository as crops
from cloud.crops.figures import fcr, survival
from cloud.crops.models import Crop
from cloud.reports import repository
from cloud.reports.areas import Area
from cloud.reports.figures import pond_line, report
from cloud.reports.lines import WATER, PondFacts, PondLine, Report
from cloud.reports.periods import DAY, Period, local_day
from cloud.reports.repository import Alarm
from cloud.telemetry.days import DayRow, days
from hardware.quantities import ENERGY


def make(session: Session, asking: Asking, area: Area, period: Period, now_s: float) -> Report:
    """The report of an area over a period, of what this person may see now."""
    today = local_day(now_s)
    ponds = repository.ponds(session, asking, area.communes, now_s)
    if period.kind == "crop":
        lines, alarms = _of_crops(session, asking, area, ponds, period, now_s), []
    else:
        last = min(period.last, _until(period.first, today))
        alarms = repository.alarms(session, asking, area.communes, period.first, last, now_s)
        lines = _of_ponds(session, ponds, period.first, last, alarms, today)
    return report(
        area=area.name,
        province=area.province,
        period=period,
        made_at=now_s,
        withheld=repository.withheld(session, asking, area.communes, now_s),
        lines=lines,
        communes=area.communes,
        farm_alarms=_of_farms(alarms, ponds),
    )


def _until(first: date, today: date) -> date:
    """Yesterday: a day that is not over has figures that no later report repeats. Today where it is all there is."""
    return max(first, today - DAY) if first <= today else today


def _of_ponds(
    session: Session, ponds: Sequence[PondFacts], first: date, last: date, alarms: Iterable[Alarm], today: date
) -> list[PondLine]:
    rows = _rows(session, ponds, first, last)
    counts: defaultdict[tuple[str, str | None], Counter[str]] = defaultdict(Counter)
    for alarm in alarms:
        counts[(alarm.gateway_id, alarm.pond)][alarm.kind] += 1
    return [
        pond_line(pond, first, last, _rows_of(rows, pond), counts[(pond.gateway_id, pond.key)], today) for pond in ponds
    ]


def _of_crops(
    session: Session, asking: Asking, area: Area, ponds: Sequence[PondFacts], period: Period, now_s: float
) -> list[PondLine]:
    """A line for each crop, over its own days."""
    today = local_day(now_s)
    by_key = {(pond.gateway_id, pond.key): pond for pond in ponds}
    found = crops.of_year(session, farms_seen(asking, "crops", now_s), period.first, min(period.last, today))
    mine = [(crop, by_key[crop.gateway_id, crop.pond]) for crop in found if (crop.gateway_id, crop.pond) in by_key]
    if not mine:
        return []
    first, last = min(crop.stocked_on for crop, _ in mine), max(crop.harvested_on or today for crop, _ in mine)
    alarms = repository.alarms(session, asking, area.communes, first, last, now_s)
    rows = _rows(session, [pond for _, pond in mine], first, last)
    return [_crop_line(crop, pond, _rows_of(rows, pond), alarms, today) for crop, pond in mine]


def _crop_line(crop: Crop, pond: PondFacts, rows: Iterable[DayRow], alarms: Iterable[Alarm], today: date) -> PondLine:
    last = crop.harvested_on or _until(crop.stocked_on, today)
    counts = Counter(
        alarm.kind
        for alarm in alarms
        if (alarm.gateway_id, alarm.pond) == (pond.gateway_id, pond.key) and crop.stocked_on <= alarm.day <= last
    )
    line = pond_line(pond, crop.stocked_on, last, rows, counts, today)
    return replace(line, fcr=fcr(crop), survival=survival(crop), harvest_kg=crop.harvest_kg)


def _rows(
    session: Session, ponds: Iterable[PondFacts], first: date, last: date
) -> Mapping[tuple[str, str], list[DayRow]]:
    nodes = {(pond.gateway_id, pond.node) for pond in ponds if pond.node is not None}
    found: defaultdict[tuple[str, str], list[DayRow]] = defaultdict(list)
    for row in days(session, nodes, first, last, (*WATER, ENERGY.symbol)):
        found[row.gateway_id, row.node].append(row)
    return found


def _rows_of(rows: Mapping[tuple[str, str], list[DayRow]], pond: PondFacts) -> list[DayRow]:
    return rows.get((pond.gateway_id, pond.node), []) if pond.node is not None else []


def _of_farms(alarms: Iterable[Alarm], ponds: Iterable[PondFacts]) -> dict[str, Counter[str]]:
    """Alarms of no pond in particular, by commune."""
    communes = {pond.gateway_id: pond.commune for pond in ponds}
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for alarm in alarms:
        if alarm.pond is None and alarm.gateway_id in communes:
            counts[communes[alarm.gateway_id]][alarm.kind] += 1
    return counts

"""Energy and money: by day, pond and band of the tariff, against the farm's own timer, and for a kilogram of shrimp."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from gateway.energy.book import Days
from gateway.energy.saving import Saving, kwh_per_kg, saving, together
from gateway.energy.use import BANDS, DayUse
from gateway.web.desk import AtDesk, Desk
from gateway.web.shared import Words
from gateway.web.signed import Reader, Worker

RANGES_DAYS = (7, 30, 90)
CROP_DAYS = 180
MOST_HARVESTS = 200

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class PondEnergy:
    """One pond's row; `per_kg` is kWh for a kilogram of the crop's harvest of `kg`, None before there is one."""

    id: str
    name: str
    kwh: float
    vnd: float
    saving: Saving | None
    kg: float
    per_kg: float | None
    night: int
    day: int


@router.get("/energy")
async def page(
    request: Request, _: Reader, desk: AtDesk, words: Words, days: Annotated[int, Query(ge=7, le=90)] = 30
) -> Response:
    """The last days of the whole farm."""
    nothing: list[dict[str, Any]] = []
    harvests = await desk.read(lambda reader: reader.events(MOST_HARVESTS, kinds=("harvest",)), nothing)
    found = await desk.days(CROP_DAYS if harvests else days)
    shown = _last(found, days, desk)
    everyone = [day for ponds in shown.values() for day in ponds]
    return desk.show(
        request,
        "energy.html",
        words,
        title=words("energy_page.title"),
        days=days,
        ranges=RANGES_DAYS,
        ponds=[_pond(desk, pond.id, shown, found, harvests) for pond in desk.farm.pond if pond.id in shown],
        bands=[(band, *_sums(everyone, at)) for at, band in enumerate(BANDS)],
        total=(sum(day.total_kwh for day in everyone), sum(day.total_vnd for day in everyone)),
        saving=saving(together(list(shown.values()))) if shown else None,
        bars=bars(shown),
        metered=bool(everyone) and all(day.metered for day in everyone),
        baseline=desk.farm.baseline,
    )


@router.post("/energy/harvest", response_class=HTMLResponse)
async def harvest(
    pond: Annotated[str, Form()],
    kg: Annotated[float, Form(gt=0, le=200_000)],
    person: Worker,
    desk: AtDesk,
    words: Words,
    whole: Annotated[bool, Form()] = False,
) -> str:
    """Kilograms that were taken out of a pond; `whole` when nothing is left in it."""
    desk.pond(pond)
    detail = {"kg": round(kg, 1), "whole": whole, "who": person.id}
    heard = await desk.order({"do": "note", "kind": "harvest", "pond": pond, "detail": detail})
    return words("energy_page.noted" if heard else "override.no_control")


def bars(ponds: Days) -> list[dict[str, Any]]:
    """Each day of the farm: kWh of each band and of the timer, as shares in percent of the highest."""
    by_day: dict[date, list[DayUse]] = {}
    for days in ponds.values():
        for day in days:
            by_day.setdefault(day.day, []).append(day)
    rows = [
        (day, [sum(use.kwh[at] for use in found) for at in range(len(BANDS))], sum(use.timer_kwh for use in found))
        for day, found in sorted(by_day.items(), reverse=True)
    ]
    most = max((max(sum(bands), timer) for _, bands, timer in rows), default=0.0) or 1.0
    return [
        {
            "day": day,
            "kwh": sum(bands),
            "parts": [
                (band, round(100 * sum(bands[:at]) / most, 2), round(100 * bands[at] / most, 2))
                for at, band in enumerate(BANDS)
            ],
            "timer": round(100 * timer / most, 2),
            "timer_kwh": timer,
        }
        for day, bands, timer in rows
    ]


def crop(days: Sequence[DayUse], harvests: Sequence[tuple[date, float, bool]]) -> tuple[list[DayUse], float]:
    """The days and kilograms of the newest crop that was harvested from: it ends with a harvest of the whole pond.

    `harvests` are day, kilograms, whole; the oldest first.
    """
    begins, ends, kg = date.min, date.max, 0.0
    for day, weight, whole in harvests:
        if ends != date.max:
            begins, ends, kg = ends, date.max, 0.0
        kg += weight
        if whole:
            ends = day
    return [day for day in days if begins < day.day <= ends], kg


def _pond(desk: Desk, pond: str, shown: Days, found: Days, harvests: list[dict[str, Any]]) -> PondEnergy:
    settings = next(one for one in desk.farm.pond if one.id == pond)
    taken = [
        (
            datetime.fromtimestamp(event["at_wall_s"]).astimezone().date(),
            event["detail"]["kg"],
            event["detail"]["whole"],
        )
        for event in reversed(harvests)
        if event["pond"] == pond and event["wall_known"]
    ]
    days, kg = crop(found[pond], taken)
    timetable = desk.farm.baseline.timetable(pond, len(settings.aerators))
    return PondEnergy(
        id=pond,
        name=settings.name,
        kwh=sum(day.total_kwh for day in shown[pond]),
        vnd=sum(day.total_vnd for day in shown[pond]),
        saving=saving(shown[pond]),
        kg=kg,
        per_kg=kwh_per_kg(days, kg),
        night=timetable.night,
        day=timetable.day,
    )


def _last(found: Days, days: int, desk: Desk) -> Days:
    now = desk.now()
    if now is None:
        return {}
    today = now.there.date()
    return {pond: [use for use in uses if (today - use.day).days < days] for pond, uses in found.items() if uses}


def _sums(days: Sequence[DayUse], band: int) -> tuple[float, float]:
    return sum(day.kwh[band] for day in days), sum(day.vnd[band] for day in days)

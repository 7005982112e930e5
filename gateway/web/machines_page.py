"""The page of all aerators: state and reason, hours, starts, energy, oxygen for a kWh, and what to repair first."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.energy.use import DayUse
from gateway.web.desk import AtDesk
from gateway.web.repairs import repairs
from gateway.web.shared import Words
from gateway.web.signed import Reader

WEEK_DAYS, ALL_DAYS = 7, 90

router = APIRouter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one machine did today, in seven days and in ninety; `metered` says where the kWh come from."""

    today_h: float
    week_h: float
    all_h: float
    starts_today: int
    starts_week: int
    week_kwh: float
    all_kwh: float
    metered: bool


@router.get("/machines")
async def page(request: Request, _: Reader, desk: AtDesk, words: Words) -> Response:
    """All aerators, pond by pond."""
    snapshot = desk.aged()
    now, days = desk.now(), await desk.days(ALL_DAYS)
    ponds = [pond for pond in (snapshot or {}).get("ponds", []) if pond["machines"]]
    return desk.show(
        request,
        "machines.html",
        words,
        title=words("machines_page.title"),
        snapshot=snapshot,
        ponds=ponds,
        work={pond["id"]: _work(days.get(pond["id"], []), pond, now and now.there.date()) for pond in ponds},
        repairs=repairs(ponds),
    )


def _work(days: list[DayUse], pond: dict[str, Any], today: Any) -> list[Work]:
    """Of each machine in its place."""
    week = [day for day in days if (today - day.day).days < WEEK_DAYS]
    now = [day for day in days if day.day == today]
    return [
        Work(
            today_h=sum(day.hours[at] for day in now),
            week_h=sum(day.hours[at] for day in week),
            all_h=sum(day.hours[at] for day in days),
            starts_today=sum(day.starts[at] for day in now),
            starts_week=sum(day.starts[at] for day in week),
            week_kwh=sum(day.machine_kwh[at] for day in week),
            all_kwh=sum(day.machine_kwh[at] for day in days),
            metered=bool(week) and all(day.metered for day in week),
        )
        for at in range(len(pond["machines"]))
    ]

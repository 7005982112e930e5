"""Calibration passports: of each probe who, when, in what, before and after, and when it is due; and who cleaned it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.web.desk import AtDesk
from gateway.web.pages import shown_events
from gateway.web.shared import Words
from gateway.web.signed import Reader

MOST_EVENTS = 500
DAY_S = 86400.0
KINDS = {"do_1": "do_sat", "do_2": "do_sat", "ph_2": "ph", "ph_3": "ph", "ec_1": "conductivity_ms_cm"}

router = APIRouter()

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passport:
    """One channel of one device: its calibrations, newest first; days until it is due, negative when that is over."""

    device: str
    key: str
    quantity: str
    entries: tuple[Entry, ...]
    due_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """One pond's probe: days since it was cleaned and since its cap was changed, None where nobody said so."""

    id: str
    name: str
    cleaned_days: int | None
    cap_days: int | None


@router.get("/passports")
async def page(request: Request, _: Reader, desk: AtDesk, words: Words) -> Response:
    """Every probe's passport, those that are due first."""
    nothing: list[dict[str, Any]] = []
    told = await desk.read(lambda reader: reader.events(MOST_EVENTS, kinds=("calibrated",)), nothing)
    care = await desk.read(lambda reader: reader.events(MOST_EVENTS, kinds=("probe_serviced",)), nothing)
    now_s = desk.clock.wall()
    return desk.show(
        request,
        "passports.html",
        words,
        title=words("passports_page.title"),
        passports=passports(told, now_s),
        care=[_care(pond.id, pond.name, care, now_s) for pond in desk.farm.pond],
        events=shown_events(care[:12], desk.aged(), words),
        ponds={pond.node: pond.name for pond in desk.farm.pond},
    )


def passports(events: Sequence[dict[str, Any]], now_s: float) -> list[Passport]:
    """Out of the journal's events `calibrated`; those that are due first."""
    found: dict[tuple[str, str], list[Entry]] = {}
    for event in events:
        detail = event["detail"]
        if "key" in detail:
            found.setdefault((detail["device"], detail["key"]), []).append(detail)
    made = []
    for (device, key), entries in found.items():
        entries.sort(key=lambda entry: -entry["when"])
        newest = entries[0]
        made.append(
            Passport(
                device=device,
                key=key,
                quantity=KINDS.get(newest["method"], ""),
                entries=tuple(entries),
                due_days=int((newest["due"] - now_s) // DAY_S),
            )
        )
    return sorted(made, key=lambda passport: (passport.due_days, passport.device, passport.key))


def _care(pond: str, name: str, events: Sequence[dict[str, Any]], now_s: float) -> Care:
    def days(*what: str) -> int | None:
        for event in events:
            if event["pond"] == pond and event["wall_known"] and event["detail"].get("what") in what:
                return int((now_s - event["at_wall_s"]) // DAY_S)
        return None

    return Care(id=pond, name=name, cleaned_days=days("cleaned", "cap"), cap_days=days("cap"))

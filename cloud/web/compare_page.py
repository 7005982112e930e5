"""The page that compares ponds: a line for each in one chart, and their figures in a table."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response

from cloud.accounts.access import Signed, WaterSeen
from cloud.accounts.page import Now, show
from cloud.api import Reading, known_pond
from cloud.farms import repository as farms
from cloud.farms.models import Pond
from cloud.ids import Number
from cloud.web.compare import Side, Span, side
from cloud.web.pond_page import RANGES_H
from cloud.web.wording import age
from gateway.text import Text
from gateway.web.shared import Words
from hardware.quantities import BY_SYMBOL, DO

LEAST, MOST = 2, 6

router = APIRouter(prefix="/compare", include_in_schema=False)

Chosen = Annotated[list[Number], Query(alias="pond", max_length=500)]


def ponds(queries: Reading, water: WaterSeen, chosen: Chosen = []) -> list[Pond]:  # noqa: B006
    """The ponds that were chosen, each once; 404 for one that they may not see."""
    return [known_pond(number, queries, water) for number in dict.fromkeys(chosen)]


def span(now_s: Now, quantity: Annotated[str, Query(max_length=60)] = DO.symbol, hours: int = RANGES_H[0]) -> Span:
    """What of them, of the last hours; 422 for what the page does not offer."""
    if quantity not in BY_SYMBOL or hours not in RANGES_H:
        raise HTTPException(422, f"choose one of {', '.join(sorted(BY_SYMBOL))} and one of {RANGES_H} hours")
    return Span(quantity, now_s - hours * 3600, now_s)


Ponds = Annotated[list[Pond], Depends(ponds)]
Wanted = Annotated[Span, Depends(span)]


@router.get("")
def page(
    request: Request, _: Signed, queries: Reading, words: Words, water: WaterSeen, ponds: Ponds, wanted: Wanted
) -> Response:
    """The page; its chart is fetched. With too few or too many ponds it says so."""
    fits = LEAST <= len(ponds) <= MOST
    names = {farm.id: farm.farm_name or farm.id for farm in farms.seen(queries, water)}
    return show(
        request,
        "compare.html",
        words,
        title=words("compare.title"),
        status=200 if fits else 422,
        sides=[_row(side(queries, pond, wanted), names, wanted, words) for pond in ponds] if fits else [],
        quantity=wanted.quantity,
        quantities=list(BY_SYMBOL),
        unit=BY_SYMBOL[wanted.quantity].unit,
        digits=2 if wanted.quantity == "ph" else 1,
        oxygen=wanted.quantity == DO.symbol,
        hours=round((wanted.until - wanted.since) / 3600),
        ranges_h=RANGES_H,
    )


@router.get("/past")
def past(_: Signed, queries: Reading, ponds: Ponds, wanted: Wanted) -> dict[str, Any]:
    """A line for each pond: times and means, null in a gap."""
    if not LEAST <= len(ponds) <= MOST:
        raise HTTPException(422, f"{LEAST} to {MOST} ponds can be compared")
    drawn = [side(queries, pond, wanted).drawn for pond in ponds]
    lines = [{"at": line["at"], "mean": line["mean"]} for line in drawn]
    return {"since": wanted.since, "until": wanted.until, "lines": lines}


def _row(found: Side, names: dict[str, str], wanted: Span, words: Text) -> dict[str, Any]:
    return {
        "id": found.pond.id,
        "name": f"{names.get(found.pond.gateway_id, found.pond.gateway_id)}: {found.pond.name}",
        "low": found.low,
        "mean": found.mean,
        "below_h": None if found.below_s is None else found.below_s / 3600,
        "last": found.last.value if found.last else None,
        "age": age(wanted.until - found.last_at, words) if found.last and found.last_at is not None else "",
    }

"""How much of what nodes measured has arrived: by their own sequences, day by day."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from cloud.accounts.access import Officer, WaterSeen
from cloud.accounts.page import Now, show
from cloud.api import Reading
from cloud.farms import repository as farms
from cloud.telemetry.calendar import date_of, day_number
from cloud.telemetry.days import counts
from gateway.web.shared import Words

DAYS = 7
MOST = 500

router = APIRouter(include_in_schema=False)


@router.get("/completeness")
def page(request: Request, _: Officer, queries: Reading, words: Words, water: WaterSeen, now_s: Now) -> Response:
    """The last sealed days of every pond, those that lack most first."""
    today = date_of(day_number(now_s))
    days = [today - timedelta(days=back) for back in range(DAYS, 0, -1)]
    ponds = [pond for pond in farms.ponds_seen(queries, water) if pond.node]
    names = {farm.id: farm.farm_name or farm.id for farm in farms.seen(queries, water)}
    found = counts(queries, [(pond.gateway_id, pond.node or "") for pond in ponds], days[0], days[-1])
    shares: defaultdict[tuple[str, str], dict[date, float]] = defaultdict(dict)
    for (gateway_id, node, day), (samples, expected) in found.items():
        shares[gateway_id, node][day] = samples / expected if expected else 0.0
    rows: list[dict[str, Any]] = [
        {
            "id": pond.id,
            "name": f"{names.get(pond.gateway_id, '')}: {pond.name}",
            "days": [shares[pond.gateway_id, pond.node or ""].get(day) for day in days],
        }
        for pond in ponds
    ]
    rows.sort(key=lambda row: sum(share or 0.0 for share in row["days"]))
    return show(
        request,
        "completeness.html",
        words,
        title=words("office.completeness"),
        rows=rows[:MOST],
        more=max(0, len(rows) - MOST),
        days=[day.strftime("%d/%m") for day in days],
    )

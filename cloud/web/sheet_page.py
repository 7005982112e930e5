"""A pond's past to take away, in the form of the farm's own sheet."""

from collections.abc import Iterable, Iterator
from datetime import timedelta, timezone
from itertools import groupby
from statistics import fmean
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy.orm import Session

from cloud.accounts.page import Now
from cloud.api import KnownPond
from cloud.database import Database
from cloud.telemetry.calendar import AHEAD_S
from cloud.telemetry.history import StoredSample, quantities_of, samples
from gateway.text import Text
from gateway.web.shared import Words
from gateway.web.sheet import MINUTE_S, Kind, Row, lines, together

VIETNAM = timezone(timedelta(seconds=AHEAD_S))
GOOD = 0

router = APIRouter(include_in_schema=False)


@router.get("/ponds/{pond_id}/data.csv")
def sheet(
    request: Request,
    pond: KnownPond,
    words: Words,
    now_s: Now,
    hours: Annotated[float, Query(gt=0, le=2160)] = 24,
    kind: Kind = "minutes",
) -> Response:
    """The last hours, written as they are read."""
    gateway, node, since_s = pond.gateway_id, pond.node or "", now_s - hours * 3600
    database: Database = request.app.state.database

    def written() -> Iterator[str]:
        with database.read() as session:
            yield from together(_lines(session, gateway, node, since_s, now_s, kind, words))

    name = f"{gateway}-{pond.key}-{kind}-{hours:g}h.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(written(), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(
    session: Session, gateway: str, node: str, since_s: float, until_s: float, kind: Kind, words: Text
) -> Iterator[str]:
    traces = [(quantity, 0) for quantity in quantities_of(session, gateway, node, since_s, until_s)]
    found = samples(session, gateway, node, since_s, until_s)
    return lines(kind, traces, _minutes(found) if kind == "minutes" else _raw(found), words, VIETNAM)


def _raw(found: Iterable[StoredSample]) -> Iterator[Row]:
    for sample in found:
        values = {(quantity, 0): value for quantity, value, _, _ in sample.readings}
        yield Row(
            sample.taken_at, values, [(quantity, 0) for quantity, _, quality, _ in sample.readings if quality != GOOD]
        )


def _minutes(found: Iterable[StoredSample]) -> Iterator[Row]:
    """The means of what is good."""
    for minute, taken in groupby(found, lambda sample: sample.taken_at // MINUTE_S):
        good: dict[str, list[float]] = {}
        for sample in taken:
            for quantity, value, quality, _ in sample.readings:
                if quality == GOOD and value is not None:
                    good.setdefault(quantity, []).append(value)
        if good:
            yield Row(minute * MINUTE_S, {(quantity, 0): fmean(values) for quantity, values in good.items()})

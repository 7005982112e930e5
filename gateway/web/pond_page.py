"""The page of one pond: the number, its past at any zoom, the night to come, machines, events, a sheet to take away."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import apsw
from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from gateway.journal.reader import JournalReader
from gateway.process import journal_path
from gateway.web.desk import AtDesk, Desk
from gateway.web.journal_sheet import Sheet, lines
from gateway.web.pages import shown_events
from gateway.web.past import Columns, Window, columns, machines
from gateway.web.shared import Words
from gateway.web.sheet import Kind, together
from gateway.web.signed import Reader, Worker
from gateway.web.tonight import chart
from hardware.quantities import BY_SYMBOL, DO

RANGES_H = (24, 168, 720, 2160)
EVENTS_SHOWN = 12
GAP_STALE = 3.0
LONGEST_S = 3700 * 86400.0

router = APIRouter()

Hours = Annotated[float, Query(gt=0, le=2160)]
Wall = Annotated[float | None, Query(gt=0, lt=1e11)]


@router.get("/ponds/{pond_id}")
async def page(request: Request, pond_id: str, _: Reader, desk: AtDesk, words: Words) -> Response:
    """One pond."""
    snapshot = desk.aged()
    pond = desk.pond(pond_id) if snapshot else None
    return desk.show(
        request,
        "pond.html",
        words,
        title=pond["name"] if pond else words("page.title"),
        snapshot=snapshot,
        pond=next((row for row in snapshot["ponds"] if row["id"] == pond_id), None) if snapshot else None,
        events=shown_events(await _events(desk, pond_id), None, words),
        ranges_h=RANGES_H,
        may_order=True,
    )


@router.get("/ponds/{pond_id}/events", response_class=HTMLResponse)
async def events(pond_id: str, desk: AtDesk, words: Words) -> str:
    """The pond's newest events."""
    return desk.pages.events(await _events(desk, pond_id), None, words)


@router.get("/api/ponds/{pond_id}/series")
async def series(
    pond_id: str, desk: AtDesk, hours: Hours = 24, quantity: str = DO.symbol, since: Wall = None, until: Wall = None
) -> dict[str, Any]:
    """A quantity's lowest, mean and highest in at most 480 buckets of the last hours, or between two wall times.

    Hours are those of the ponds: on a simulated farm they pass faster.
    """
    if quantity not in BY_SYMBOL:
        raise HTTPException(422, f"there is no quantity {quantity}; there are {', '.join(sorted(BY_SYMBOL))}")
    pond = desk.pond(pond_id)
    window = _window(desk, pond, hours, since, until)
    node = pond["node"]
    panel, places = _panel(desk, pond_id)

    def question(reader: JournalReader) -> dict[str, Any]:
        found: dict[str, Any] = columns(reader, node, quantity, window) if node else {}
        board = reader.devices().get(panel)
        return {**found, "machines": machines(reader, board, places, window) if board else {}}

    empty: Columns = {"at": [], "low": [], "mean": [], "high": []}
    found: dict[str, Any] = await desk.read(question, {"at": []})
    return {"since": window.since_s, "until": window.until_s, **empty, "machines": {}, **found}


@router.get("/api/ponds/{pond_id}/outlook")
async def outlook(pond_id: str, desk: AtDesk) -> dict[str, list[float | None]]:
    """Oxygen of the night to come."""
    return chart(desk.pond(pond_id), desk.link.snapshot or {})


@router.get("/ponds/{pond_id}/data.csv")
async def sheet(pond_id: str, desk: AtDesk, words: Words, hours: Hours = 24, kind: Kind = "minutes") -> Response:
    """The last hours as a sheet, written as it is read."""
    pond = desk.pond(pond_id)
    window = _window(desk, pond, hours, None, None)
    asked = Sheet(node=pond["node"] or "", since_s=window.since_s, until_s=window.until_s, kind=kind)

    def written() -> Iterator[str]:
        with contextlib.suppress(apsw.Error), contextlib.closing(JournalReader(journal_path(desk.farm))) as reader:
            yield from together(lines(reader, asked, words))

    name = f"{desk.farm.id}-{pond_id}-{kind}-{hours:g}h.csv"
    return StreamingResponse(
        written(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/ponds/{pond_id}/serviced", response_class=HTMLResponse)
async def serviced(
    pond_id: str, what: Annotated[Literal["cleaned", "cap"], Form()], person: Worker, desk: AtDesk, words: Words
) -> str:
    """Somebody cleaned the pond's oxygen probe or changed its cap."""
    desk.pond(pond_id)
    heard = await desk.order({"do": "serviced", "pond": pond_id, "what": what, "who": person.id})
    return words("pond_page.serviced" if heard else "override.no_control")


def _window(desk: Desk, pond: dict[str, Any], hours: float, since: float | None, until: float | None) -> Window:
    speed = desk.farm.simulation.speed
    end_s = desk.clock.wall() if until is None else until
    begin_s = end_s - hours * 3600 / speed if since is None else since
    if not 0 < end_s - begin_s <= LONGEST_S:
        raise HTTPException(422, "since must lie before until")
    return Window(since_s=begin_s, until_s=end_s, gap_s=GAP_STALE * pond["stale_after_s"] / speed)


def _panel(desk: Desk, pond_id: str) -> tuple[str, list[int]]:
    """The panel of a pond's machines, empty for none, and the places of their currents."""
    for pond in desk.farm.pond:
        if pond.id == pond_id:
            return pond.panel or "", [aerator - 1 for aerator in pond.aerators]
    return "", []


async def _events(desk: Desk, pond_id: str) -> list[dict[str, Any]]:
    return await desk.read(lambda reader: reader.events(EVENTS_SHOWN, pond=pond_id), [])

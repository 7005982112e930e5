"""Who did what: every command, every change of a limit, every door that was tried."""

import csv
import io
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from gateway.web.desk import AtDesk, Desk
from gateway.web.pages import shown_events
from gateway.web.shared import Words
from gateway.web.signed import Worker

router = APIRouter()

KINDS = (
    "override",
    "override_refused",
    "override_released",
    "override_ended",
    "override_expired",
    "alarm_acknowledged",
    "alarm_shelved",
    "alarm_unshelved",
    "alarm_test",
    "settings_changed",
    "settings_undone",
    "login",
    "login_failed",
    "account_made",
    "invited",
    "signed_out",
    "token_made",
    "token_revoked",
    "calibrated",
    "probe_serviced",
    "harvest",
    "remote_done",
    "remote_refused",
    "remote_forged",
    "gateway_started",
)
ROWS = 50
MOST_ROWS = 100_000


@router.get("/audit")
async def audit(
    request: Request, _: Worker, desk: AtDesk, words: Words, before: Annotated[int, Query(ge=0, le=2**62)] = 2**62
) -> Response:
    """Fifty entries, newest first."""
    rows = await _entries(desk, before, ROWS)
    names = {person.id: person.name for person in desk.farm.person}
    shown = shown_events(rows, desk.link.snapshot, words)
    older = rows[-1]["id"] if len(rows) == ROWS else None
    title = words("tab.audit")
    return desk.show(request, "audit.html", words, title=title, rows=shown, names=names, older=older)


@router.get("/audit.csv")
async def as_csv(_: Worker, desk: AtDesk) -> Response:
    """All of it."""
    rows = await _entries(desk, 2**62, MOST_ROWS)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "unix_s", "time_known", "kind", "pond", "who", "detail"])
    for row in rows:
        detail = {name: value for name, value in row["detail"].items() if name != "who"}
        fields = [
            row["id"],
            row["at_wall_s"],
            row["wall_known"],
            row["kind"],
            row["pond"],
            row["detail"].get("who", ""),
        ]
        writer.writerow([*map(_harmless, fields), _harmless(detail)])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


async def _entries(desk: Desk, before: int, limit: int) -> list[dict[str, Any]]:
    nothing: list[dict[str, Any]] = []
    return await desk.read(lambda reader: reader.events(limit, kinds=KINDS, before=before), nothing)


def _harmless(value: object) -> object:
    """No spreadsheet takes it for a formula."""
    text = "" if value is None else value if isinstance(value, int | float) else str(value)
    return f"'{text}" if isinstance(text, str) and text.startswith(("=", "+", "-", "@")) else text

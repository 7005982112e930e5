"""Pages of reports: a farmer reports in three taps, an officer works the list down to its end."""

from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cloud.accounts.access import Officer, Signed
from cloud.accounts.page import Now
from cloud.advisories.page import show
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.ids import MOST_ID
from cloud.incidents import actions, photos, repository
from cloud.incidents.api import Changing, Known
from cloud.incidents.bodies import INCIDENT_KINDS, IncidentIn, StepIn, What
from cloud.incidents.models import Incident
from gateway.web.shared import Words

LISTED = 100

router = APIRouter(prefix="/incidents", include_in_schema=False)

Words1000 = Annotated[str, Form(max_length=1000)]


@router.get("")
def list_page(
    request: Request,
    asking: Signed,
    reading: Reading,
    words: Words,
    now_s: Now,
    closed: bool = False,
    before: Annotated[int, Query(ge=0, le=MOST_ID)] = MOST_ID,
) -> HTMLResponse:
    """What waits, the longest waiting first; or everything, newest first."""
    rows = repository.seen(reading, asking, now_s, unfinished=not closed, limit=LISTED, before=before)
    return show(
        request,
        "incidents.html",
        words,
        title=words("incident.title"),
        rows=rows,
        closed=closed,
        officer=asking.role in ("officer", "administrator"),
        older=rows[-1].incident.id if closed and len(rows) == LISTED else None,
    )


@router.get("/photo.js")
def photo_script() -> Response:
    """Makes a photo small before it is sent."""
    script = resources.files("cloud.incidents").joinpath("photo.js").read_text(encoding="utf-8")
    return Response(script, media_type="text/javascript", headers={"X-Content-Type-Options": "nosniff"})


@router.get("/cluster")
def cluster_piece(request: Request, asking: Officer, reading: Reading, words: Words, now_s: Now) -> HTMLResponse:
    """The question of the day, for the officer's list."""
    found = actions.question(reading, asking, now_s)
    return show(request, "cluster.html", words, title="", question=found)


@router.get("/report")
def report_page(request: Request, asking: Signed, reading: Reading, words: Words, now_s: Now) -> HTMLResponse:
    """Which pond, what, send."""
    farms = repository.ponds_to_report(reading, asking, now_s)
    return show(request, "report.html", words, title=words("incident.report"), farms=farms, kinds=INCIDENT_KINDS)


@router.post("/report")
def report(
    request: Request,
    asking: Signed,
    writing: Writing,
    now_s: Now,
    where: Annotated[str, Form(max_length=110)],
    kind: Annotated[str, Form(max_length=40)],
    text: Words1000 = "",
    photo: UploadFile | None = None,
) -> Response:
    """Keep a report. One whose photo cannot be taken is kept all the same, and says so."""
    farm, _, pond = where.partition("/")
    try:
        wish = IncidentIn.model_validate({"farm": farm, "pond": pond, "kind": kind, "text": text})
    except ValueError as error:
        raise HTTPException(422, "choose a pond and what you see, then send again") from error
    made = actions.report(writing, asking, wish, now_s)
    return _to(made, _photo_problem(request, made, photo))


@router.get("/{incident_id}")
def look_page(
    request: Request, row: Known, asking: Signed, reading: Reading, words: Words, now_s: Now, photo: str = ""
) -> HTMLResponse:
    """One report with its steps, and what an officer can do next."""
    officer = asking.role in ("officer", "administrator")
    return show(
        request,
        "incident.html",
        words,
        title=words(f"incident.kind.{row.incident.kind}"),
        row=row,
        steps=repository.steps(reading, row.incident.id),
        next_steps=list(repository.AFTER[row.incident.state]) if officer else [],
        mine=row.incident.reporter_id == asking.id,
        unseen=not officer and not repository.officers_may_see(reading, row.incident.gateway_id, now_s),
        photo_problem=photo if photo in ("large", "picture") else "",
    )


@router.post("/{incident_id}/steps")
def step(
    row: Changing, asking: Officer, writing: Writing, now_s: Now, what: Annotated[What, Form()], text: Words1000 = ""
) -> Response:
    """Write down what was done."""
    try:
        wish = StepIn(what=what, text=text)
    except ValueError as error:
        raise HTTPException(422, "there is a control character in this text: write it anew") from error
    actions.step(writing, asking, row.incident, wish, now_s)
    return _to(row.incident)


@router.post("/{incident_id}/photo")
def photo(request: Request, row: Changing, asking: Signed, photo: UploadFile) -> Response:
    """The photo of one's own report, where it did not come along."""
    if row.incident.reporter_id != asking.id:
        raise HTTPException(404, f"report {row.incident.id} is not yours: only its reporter sends its photo")
    return _to(row.incident, _photo_problem(request, row.incident, photo))


def _photo_problem(request: Request, incident: Incident, photo: UploadFile | None) -> str:
    """Keep a photo, where one was sent; why it could not be kept, or nothing."""
    if photo is None or not photo.size:
        return ""
    try:
        actions.add_photo(request, incident, photo.file.read(photos.LARGEST_BYTES + 1))
    except HTTPException as error:
        if error.status_code == 413:
            return "large"
        if error.status_code == 415:
            return "picture"
        raise
    return ""


def _to(incident: Incident, photo_problem: str = "") -> Response:
    query = f"?photo={photo_problem}" if photo_problem else ""
    return RedirectResponse(f"/incidents/{incident.id}{query}", status_code=303)

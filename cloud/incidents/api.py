"""Reports over REST: farmers send them with a photo, officers handle them to their end."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import FileResponse

from cloud.accounts.access import REFUSED, Officer, Signed
from cloud.accounts.page import Now
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.ids import MOST_ID, Id
from cloud.incidents import actions, photos, repository
from cloud.incidents.bodies import (
    IncidentIn,
    IncidentOut,
    QuestionOut,
    StepIn,
    StepOut,
    incident_out,
    question_out,
    step_out,
)

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such report, farm, pond or photo."}}
PHOTO_REFUSED: dict[int | str, dict[str, Any]] = {
    409: {"description": "It has a photo already."},
    413: {"description": "The photo is too large."},
    415: {"description": "This is no whole JPEG, PNG or WebP picture."},
}
PHOTO_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=86400",
    "Content-Security-Policy": "default-src 'none'",
}

router = APIRouter(prefix="/api/incidents", tags=["incidents"], responses=REFUSED)


def known(incident_id: Id, asking: Signed, reading: Reading, now_s: Now) -> repository.Row:
    """The report of the path with its farm; 404 when there is none that they may see."""
    found = repository.one(reading, asking, incident_id, now_s)
    if found is None:
        raise HTTPException(404, f"there is no report {incident_id} for you: look in the list")
    return found


def changing(incident_id: Id, asking: Signed, writing: Writing, now_s: Now) -> repository.Row:
    """As `known`, to be changed."""
    return known(incident_id, asking, writing, now_s)


Known = Annotated[repository.Row, Depends(known)]
Changing = Annotated[repository.Row, Depends(changing)]


async def photo_bytes(request: Request) -> AsyncIterator[bytes]:
    """The body of a photo; 413 as soon as it is too large."""
    taken = bytearray()
    async for piece in request.stream():
        taken += piece
        if len(taken) > photos.LARGEST_BYTES:
            raise HTTPException(413, f"a photo has {photos.LARGEST_BYTES} bytes at most: send a smaller one")
    yield bytes(taken)


@router.get("")
def list_incidents(
    asking: Signed,
    reading: Reading,
    now_s: Now,
    unfinished: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Annotated[int, Query(ge=0, le=MOST_ID)] = MOST_ID,
) -> list[IncidentOut]:
    """Reports that the asker may see, newest first; with `unfinished` those not closed, the longest waiting first."""
    rows = repository.seen(reading, asking, now_s, unfinished=unfinished, limit=limit, before=before)
    return [incident_out(row.incident) for row in rows]


@router.post("", status_code=201, responses={**NOT_FOUND, 429: {"description": "Too many reports today."}})
def report_incident(wish: IncidentIn, asking: Signed, writing: Writing, now_s: Now) -> IncidentOut:
    """Report dead shrimp, odd water or a sign of disease; the photo goes to the report's own address."""
    return incident_out(actions.report(writing, asking, wish, now_s))


@router.get("/cluster")
def get_cluster(asking: Officer, reading: Reading, now_s: Now) -> QuestionOut | None:
    """Where reports of dead or sick shrimp crowd most, with its uncertainty; null where there is too little to ask."""
    found = actions.question(reading, asking, now_s)
    return question_out(found) if found else None


@router.get("/{incident_id}", responses=NOT_FOUND)
def get_incident(row: Known) -> IncidentOut:
    """One report."""
    return incident_out(row.incident)


@router.get("/{incident_id}/steps", responses=NOT_FOUND)
def list_steps(row: Known, reading: Reading) -> list[StepOut]:
    """What was done about it, oldest first."""
    return [step_out(step) for step in repository.steps(reading, row.incident.id)]


@router.post(
    "/{incident_id}/steps", status_code=201, responses={**NOT_FOUND, 409: {"description": "Its state refuses."}}
)
def take_step(wish: StepIn, row: Changing, asking: Officer, writing: Writing, now_s: Now) -> StepOut:
    """Say what was done; the last step of a report is closing it."""
    return step_out(actions.step(writing, asking, row.incident, wish, now_s))


@router.put("/{incident_id}/photo", status_code=204, responses={**NOT_FOUND, **PHOTO_REFUSED})
def put_photo(request: Request, row: Changing, asking: Signed, body: Annotated[bytes, Depends(photo_bytes)]) -> None:
    """Put the photo to a report of one's own, as the body itself: JPEG, PNG or WebP."""
    if row.incident.reporter_id != asking.id:
        raise HTTPException(404, f"report {row.incident.id} is not yours: only its reporter sends its photo")
    actions.add_photo(request, row.incident, body)


@router.get("/{incident_id}/photo", response_class=FileResponse, responses=NOT_FOUND)
def get_photo(request: Request, row: Known) -> FileResponse:
    """The photo, without what it told of place and phone."""
    name = row.incident.photo
    path = photos.photo_path(request.app.state.settings.photos, name)
    if not name or not path.exists():
        raise HTTPException(404, f"report {row.incident.id} has no photo")
    return FileResponse(path, media_type=photos.media_type(name), headers=PHOTO_HEADERS)

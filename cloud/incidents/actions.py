"""What people do with reports; refusals as HTTP tells them."""

from fastapi import HTTPException, Request
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.accounts.audit import note
from cloud.incidents import clusters, photos, repository
from cloud.incidents.bodies import IncidentIn, StepIn
from cloud.incidents.models import Incident, Step
from cloud.incidents.pictures import NoPicture
from cloud.telemetry.calendar import day_number

DAY_S = 86400.0
MOST_A_DAY = 30


def report(writing: Session, asking: Asking, wish: IncidentIn, now_s: float) -> Incident:
    """Keep a report; 404 for a farm that is not theirs or a pond that it has not, 429 after very many in a day."""
    if repository.reported_since(writing, asking, now_s - DAY_S) >= MOST_A_DAY:
        raise HTTPException(429, f"{MOST_A_DAY} reports a day are taken from one person: call your officer")
    made = repository.report(writing, asking, wish.farm, wish.pond, wish.kind, wish.text, now_s)
    if made is None:
        raise HTTPException(404, f"there is no pond {wish.pond!r} of farm {wish.farm!r} for you: choose another")
    note(writing, asking.who, "incident_reported", made.gateway_id, {"incident": made.id, "kind": made.kind}, now_s)
    return made


def step(writing: Session, asking: Asking, incident: Incident, wish: StepIn, now_s: float) -> Step:
    """Write down what was done; 409 where the report's state does not allow it."""
    try:
        made = repository.take_step(writing, asking, incident, wish.what, wish.text, now_s)
    except repository.NotNow as error:
        raise HTTPException(409, str(error)) from error
    detail = {"incident": incident.id}
    note(writing, asking.who, f"incident_{wish.what}", incident.gateway_id, detail, now_s)
    return made


def add_photo(request: Request, incident: Incident, body: bytes) -> None:
    """Keep the photo of a report; 409 where it has one, 413 too large, 415 no picture."""
    if incident.photo:
        raise HTTPException(409, f"report {incident.id} has its photo already: send a new report")
    try:
        name = photos.keep(request.app.state.settings.photos, body)
    except photos.TooLarge as error:
        raise HTTPException(413, str(error)) from error
    except NoPicture as error:
        raise HTTPException(415, str(error)) from error
    incident.photo = name


def question(reading: Session, asking: Asking, now_s: float) -> clusters.Question | None:
    """Where reports crowd most among the farms that they see; None where there is too little to ask."""
    farms = tuple(
        clusters.Farm(farm.id, farm.latitude, farm.longitude)
        for farm in repository.watched_farms(reading, asking, now_s)
        if farm.latitude is not None and farm.longitude is not None
    )
    if not farms:
        return None
    cases = tuple(repository.cases(reading, asking, clusters.since_s(now_s), now_s))
    return clusters.look(farms, cases, day_number(now_s))

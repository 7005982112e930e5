"""What a report may be, over REST and in the farmer's form alike."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from cloud.advisories.bodies import Plain
from cloud.incidents.clusters import Question
from cloud.incidents.models import Incident, Step

IncidentKind = Literal["dead_shrimp", "water_colour", "disease_sign", "other"]
State = Literal["open", "visited", "closed"]
What = Literal["taken", "visited", "note", "closed", "reopened"]
INCIDENT_KINDS: tuple[IncidentKind, ...] = get_args(IncidentKind)
WHATS: tuple[What, ...] = get_args(What)

LONGEST_TEXT = 1000


class IncidentIn(BaseModel):
    """A report; `pond` is the pond's key on its farm, empty for the whole farm."""

    model_config = ConfigDict(extra="forbid", strict=True)

    farm: Annotated[str, Field(min_length=1, max_length=40)]
    pond: Annotated[str, Field(max_length=60)] = ""
    kind: IncidentKind
    text: Annotated[Plain, Field(max_length=LONGEST_TEXT)] = ""


class StepIn(BaseModel):
    """What an officer did: took it, visited, noted something, closed it, opened it again."""

    model_config = ConfigDict(extra="forbid", strict=True)

    what: What
    text: Annotated[Plain, Field(max_length=LONGEST_TEXT)] = ""


class StepOut(BaseModel):
    """A step; Unix seconds."""

    person: str
    what: What
    text: str
    at: float


class IncidentOut(BaseModel):
    """A report; `officer` is empty while nobody has taken it. Unix seconds."""

    id: int
    farm: str
    pond: str
    kind: IncidentKind
    text: str
    has_photo: bool
    reported_at: float
    reporter: str
    state: State
    officer: str


class QuestionOut(BaseModel):
    """Where reports crowd more than chance explains: a question to look into, never a diagnosis.

    `p` is how often chance alone does as much, `relative_risk` null where nothing was reported outside the circle.
    """

    latitude: float
    longitude: float
    radius_km: float
    days: int
    observed: int
    expected: float
    relative_risk: float | None
    p: float
    once_in_days: float
    farms: list[str]
    cases: int
    watched_farms: int
    watched_days: int


def incident_out(incident: Incident) -> IncidentOut:
    """A report as the interface shows it."""
    own = ("id", "pond", "kind", "text", "reported_at", "reporter", "state", "officer")
    values = {name: getattr(incident, name) for name in own}
    return IncidentOut.model_validate({**values, "farm": incident.gateway_id, "has_photo": bool(incident.photo)})


def step_out(step: Step) -> StepOut:
    """A step as the interface shows it."""
    return StepOut.model_validate({name: getattr(step, name) for name in StepOut.model_fields})


def question_out(question: Question) -> QuestionOut:
    """A question as the interface shows it."""
    own = {name: getattr(question, name) for name in QuestionOut.model_fields if name != "once_in_days"}
    risk = None if question.relative_risk == float("inf") else question.relative_risk
    return QuestionOut.model_validate({**own, "relative_risk": risk, "once_in_days": 1 / question.p})

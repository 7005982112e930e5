"""All queries about reports; each takes who asks, and shows only those of farms that they may see."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, farms_seen
from cloud.accounts.models import Grant
from cloud.farms.models import Gateway, Pond
from cloud.ids import MOST_ID
from cloud.incidents.models import Incident, Step

DISEASE_KINDS = ("dead_shrimp", "disease_sign")
AFTER = {
    "open": {"taken": "open", "note": "open", "visited": "visited", "closed": "closed"},
    "visited": {"taken": "visited", "note": "visited", "visited": "visited", "closed": "closed"},
    "closed": {"note": "closed", "reopened": "open"},
}


class NotNow(ValueError):
    """A report's state does not allow this step."""


@dataclass(frozen=True)
class Row:
    """A report with its farm as a list shows it."""

    incident: Incident
    farm: Gateway


@dataclass(frozen=True)
class Case:
    """A farm that reported dead or sick shrimp on one day (Unix seconds)."""

    gateway_id: str
    reported_at: float


def seen(
    session: Session, asking: Asking, now_s: float, *, unfinished: bool, limit: int, before: int = MOST_ID
) -> list[Row]:
    """Reports that they may see: what waits longest first where `unfinished`, else the newest first."""
    asked = select(Incident, Gateway).join(Gateway, Gateway.id == Incident.gateway_id)
    asked = asked.where(_visible(asking, now_s), Incident.id < before)
    if unfinished:
        order = case((Incident.state == "open", 0), else_=1)
        asked = asked.where(Incident.state != "closed").order_by(order, Incident.reported_at, Incident.id)
    else:
        asked = asked.order_by(Incident.id.desc())
    return [Row(incident, farm) for incident, farm in session.execute(asked.limit(limit))]


def one(session: Session, asking: Asking, incident_id: int, now_s: float) -> Row | None:
    """One report; None where there is none that they may see."""
    asked = select(Incident, Gateway).join(Gateway, Gateway.id == Incident.gateway_id)
    found = session.execute(asked.where(Incident.id == incident_id, _visible(asking, now_s))).first()
    return Row(*found) if found else None


def ponds_to_report(session: Session, asking: Asking, now_s: float) -> list[tuple[Gateway, list[Pond]]]:
    """Farms of which they may report something, with their ponds."""
    farms = session.scalars(
        select(Gateway).where(Gateway.id.in_(farms_seen(asking, "incidents", now_s))).order_by(Gateway.farm_name)
    ).all()
    asked = select(Pond).where(Pond.gateway_id.in_([farm.id for farm in farms])).order_by(Pond.name)
    ponds: defaultdict[str, list[Pond]] = defaultdict(list)
    for pond in session.scalars(asked):
        ponds[pond.gateway_id].append(pond)
    return [(farm, ponds[farm.id]) for farm in farms]


def report(
    session: Session, asking: Asking, gateway_id: str, pond: str, kind: str, text: str, now_s: float
) -> Incident | None:
    """Keep a report; None for a farm that is not theirs or a pond that it has not. An empty pond is the whole farm."""
    mine = Gateway.id.in_(farms_seen(asking, "incidents", now_s))
    farm = session.scalars(select(Gateway).where(Gateway.id == gateway_id, mine)).first()
    name = session.scalar(select(Pond.name).where(Pond.gateway_id == gateway_id, Pond.key == pond)) if pond else ""
    if farm is None or name is None:
        return None
    made = Incident(
        gateway_id=gateway_id,
        pond=pond,
        pond_name=name,
        kind=kind,
        text=text,
        photo="",
        reported_at=now_s,
        reporter_id=asking.id,
        reporter=asking.name,
        state="open",
        officer_id=None,
        officer="",
    )
    session.add(made)
    session.flush()
    return made


def take_step(session: Session, asking: Asking, incident: Incident, what: str, text: str, now_s: float) -> Step:
    """Write down what was done, and where that leaves the report; NotNow where its state does not allow it."""
    state = AFTER[incident.state].get(what)
    if state is None:
        raise NotNow(f"report {incident.id} is {incident.state}: {what} does not follow")
    incident.state = state
    if what in ("taken", "visited") or (what == "closed" and incident.officer_id is None):
        incident.officer_id, incident.officer = asking.id, asking.name
    made = Step(incident_id=incident.id, person_id=asking.id, person=asking.name, what=what, text=text, at=now_s)
    session.add(made)
    session.flush()
    return made


def steps(session: Session, incident_id: int) -> Sequence[Step]:
    """What was done, oldest first."""
    return session.scalars(select(Step).where(Step.incident_id == incident_id).order_by(Step.id)).all()


def reported_since(session: Session, asking: Asking, since_s: float) -> int:
    """How many reports they sent since then."""
    asked = select(func.count()).select_from(Incident)
    return session.scalar(asked.where(Incident.reporter_id == asking.id, Incident.reported_at > since_s)) or 0


def officers_may_see(session: Session, gateway_id: str, now_s: float) -> bool:
    """True while the farmer lets officers see reports of this farm."""
    lasts = Grant.granted_at <= now_s, or_(Grant.withdrawn_at.is_(None), Grant.withdrawn_at > now_s)
    asked = select(Grant.id).where(Grant.gateway_id == gateway_id, Grant.kind == "incidents", *lasts)
    return session.scalars(asked.limit(1)).first() is not None


def cases(session: Session, asking: Asking, since_s: float, now_s: float) -> list[Case]:
    """Reports of dead or sick shrimp that they may see."""
    asked = select(Incident.gateway_id, Incident.reported_at).where(
        _visible(asking, now_s),
        Incident.kind.in_(DISEASE_KINDS),
        Incident.reported_at >= since_s,
        Incident.reported_at <= now_s,
    )
    return [Case(gateway_id, at) for gateway_id, at in session.execute(asked)]


def watched_farms(session: Session, asking: Asking, now_s: float) -> Sequence[Gateway]:
    """Farms whose reports they may see and that say where they lie."""
    placed = Gateway.latitude.is_not(None), Gateway.longitude.is_not(None)
    asked = select(Gateway).where(Gateway.id.in_(farms_seen(asking, "incidents", now_s)), *placed)
    return session.scalars(asked.order_by(Gateway.id)).all()


def photos_of(session: Session, gateway_id: str) -> list[str]:
    """Names of all photos of a farm."""
    asked = select(Incident.photo).where(Incident.gateway_id == gateway_id, Incident.photo != "")
    return list(session.scalars(asked))


def _visible(asking: Asking, now_s: float) -> ColumnElement[bool]:
    return Incident.gateway_id.in_(farms_seen(asking, "incidents", now_s))

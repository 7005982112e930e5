"""All queries about what happened lately and who may hear of it."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Executable, and_, select
from sqlalchemy.orm import Session

from cloud.accounts.access import Kind, farms_seen
from cloud.accounts.door_repository import asking_of
from cloud.accounts.models import FarmPerson, Person
from cloud.alerts.models import Alert, FarmAlarm
from cloud.farms.models import Gateway, Pond
from cloud.incidents.models import Incident, Step
from cloud.push.models import PushTold


def silent_since(session: Session, at: float) -> list[tuple[Alert, Gateway]]:
    """Gateways that fell silent since then, and are."""
    asked = select(Alert, Gateway).join(Gateway, Gateway.id == Alert.gateway_id)
    return _rows(session, asked.where(Alert.closed_at.is_(None), Alert.opened_at >= at).order_by(Alert.id))


def alarms_since(session: Session, at: float) -> list[tuple[FarmAlarm, Gateway, Pond | None]]:
    """Alarms that were raised since then, and are open."""
    its_pond = and_(Pond.gateway_id == FarmAlarm.gateway_id, Pond.key == FarmAlarm.pond)
    asked = select(FarmAlarm, Gateway, Pond).join(Gateway, Gateway.id == FarmAlarm.gateway_id)
    return _rows(session, asked.outerjoin(Pond, its_pond).where(FarmAlarm.raised, FarmAlarm.since >= at))


def incidents_since(session: Session, at: float) -> list[tuple[Incident, Gateway]]:
    """What farms reported since then and is not at its end."""
    asked = select(Incident, Gateway).join(Gateway, Gateway.id == Incident.gateway_id)
    return _rows(session, asked.where(Incident.state != "closed", Incident.reported_at >= at))


def steps_since(session: Session, at: float) -> list[tuple[Step, Incident]]:
    """What others than the reporter did about a report since then."""
    asked = select(Step, Incident).join(Incident, Incident.id == Step.incident_id)
    return _rows(session, asked.where(Step.at >= at, Step.person_id != Incident.reporter_id))


def of_farms(session: Session, people: Collection[Person], farms: Collection[str]) -> dict[str, set[int]]:
    """Those of these people who are of each farm."""
    ids, found = {person.id for person in people}, defaultdict[str, set[int]](set)
    for row in session.scalars(select(FarmPerson).where(FarmPerson.gateway_id.in_(farms))):
        if row.person_id in ids:
            found[row.gateway_id].add(row.person_id)
    return found


def in_scope(session: Session, officer: Person, kind: Kind, farms: Collection[str], now_s: float) -> set[str]:
    """Those of these farms that let the officer see this kind."""
    seen = farms_seen(asking_of(officer), kind, now_s)
    return set(session.scalars(select(Gateway.id).where(Gateway.id.in_(seen), Gateway.id.in_(farms))))


def told(session: Session, subjects: Collection[str]) -> set[tuple[int, str]]:
    """Who was told of these, as (person, subject)."""
    asked = select(PushTold.person_id, PushTold.subject).where(PushTold.subject.in_(subjects))
    return {(person_id, subject) for person_id, subject in session.execute(asked)}


def _rows(session: Session, asked: Executable) -> list[Any]:
    return [tuple(row) for row in session.execute(asked)]

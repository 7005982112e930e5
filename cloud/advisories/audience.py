"""Whom an advice is for, and who may read and write it: conditions that every query of this room takes in."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, and_, exists, false, literal, or_, select, true

from cloud.accounts.access import Asking, communes_seen, farms_seen
from cloud.accounts.models import FarmPerson, Person
from cloud.advisories.models import Advisory, AdvisoryUnit
from cloud.areas.models import Unit
from cloud.farms.models import Gateway, Pond

COMMUNES = ("commune", "ward", "special_zone")


def readable(asking: Asking, now_s: float) -> ColumnElement[bool]:
    """Advice that they may read: all for administrators, their communes' for officers, their farms' issued for others."""
    role = asking.sees or asking.role
    if role == "administrator":
        return true()
    if role == "officer":
        return or_(Advisory.author_id == asking.id, _for_communes(communes_seen(asking, now_s)))
    own = farms_seen(asking, "water", now_s)
    return and_(Advisory.state != "draft", exists().where(Gateway.id.in_(own), _for_farm()))


def writable(asking: Asking, now_s: float) -> ColumnElement[bool]:
    """Advice that they may change, issue or withdraw: none of its communes lies outside their scope."""
    role = asking.sees or asking.role
    if role == "administrator":
        return true()
    if role != "officer":
        return false()
    outside = AdvisoryUnit.code.not_in(communes_seen(asking, now_s))
    return ~exists().where(AdvisoryUnit.advisory_id == Advisory.id, outside)


def units_to_write_for(asking: Asking, now_s: float) -> tuple[ColumnElement[bool], ...]:
    """Which of the units are communes of today for which they may write."""
    today = datetime.fromtimestamp(now_s, UTC).date()
    lasts = or_(Unit.valid_until.is_(None), Unit.valid_until > today)
    everywhere = (asking.sees or asking.role) == "administrator"
    within = true() if everywhere else Unit.code.in_(communes_seen(asking, now_s))
    return Unit.kind.in_(COMMUNES), Unit.valid_from <= today, lasts, within


def people_of(advisory_id: int) -> Select[int]:
    """Ids of the people of the farms that an advice is for."""
    return (
        select(FarmPerson.person_id)
        .distinct()
        .join(Person, Person.id == FarmPerson.person_id)
        .join(Gateway, Gateway.id == FarmPerson.gateway_id)
        .join(Advisory, Advisory.id == advisory_id)
        .where(Person.closed_at.is_(None), _for_farm())
    )


def _for_communes(codes: Select[str]) -> ColumnElement[bool]:
    return exists().where(AdvisoryUnit.advisory_id == Advisory.id, AdvisoryUnit.code.in_(codes))


def _for_farm() -> ColumnElement[bool]:
    """A farm in one of the communes with a pond of the kinds; ponds of which nobody said the kind count as any."""
    here = exists().where(AdvisoryUnit.advisory_id == Advisory.id, AdvisoryUnit.code == Gateway.commune)
    named = (literal(",") + Advisory.pond_kinds + ",").contains(literal(",") + Pond.kind + ",")
    ponds = exists().where(Pond.gateway_id == Gateway.id)
    fits = exists().where(Pond.gateway_id == Gateway.id, or_(Pond.kind == "", named))
    return and_(here, or_(Advisory.pond_kinds == "", ~ponds, fits))

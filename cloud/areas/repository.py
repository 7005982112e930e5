"""All queries about administrative units and extension areas."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session, aliased

from cloud.areas.models import COMMUNES, ExtensionArea, ExtensionAreaUnit, Succession, Unit
from gateway.people.names import slug


@dataclass
class Found:
    """A unit, and the names of units of before that brought it up."""

    unit: Unit
    formerly: list[str] = field(default_factory=list)


def _valid(unit: Any, day: date) -> ColumnElement[bool]:
    return and_(unit.valid_from <= day, or_(unit.valid_until.is_(None), unit.valid_until > day))


def unit(session: Session, code: str, day: date) -> Unit | None:
    """The unit that has this code on a day."""
    return session.scalars(select(Unit).where(Unit.code == code, _valid(Unit, day))).first()


def communes(session: Session, day: date, parent: str | None = None) -> Sequence[Unit]:
    """Communes, wards and special zones of a day, by name; of one province where one is given."""
    asked = select(Unit).where(Unit.kind.in_(COMMUNES), _valid(Unit, day)).order_by(Unit.parent, Unit.plain)
    return session.scalars(asked if parent is None else asked.where(Unit.parent == parent)).all()


def provinces(session: Session, day: date) -> Sequence[Unit]:
    """The provinces of a day, by name."""
    return session.scalars(select(Unit).where(Unit.kind == "province", _valid(Unit, day)).order_by(Unit.plain)).all()


def search(session: Session, wanted: str, day: date, limit: int) -> list[Found]:
    """Units of a day by their name, or by the name of what went into them, with or without the marks of Vietnamese."""
    plain = slug(wanted, "")
    old = aliased(Unit)
    now = select(Unit).where(_valid(Unit, day), Unit.plain.contains(plain))
    before = (
        select(Unit, old.name)
        .join(Succession, and_(Succession.new_code == Unit.code, Succession.new_valid_from == Unit.valid_from))
        .join(old, and_(old.code == Succession.old_code, old.valid_from == Succession.old_valid_from))
        .where(_valid(Unit, day), old.plain.contains(plain))
    )
    order = (Unit.kind != "province", Unit.plain, Unit.code)
    found = {row.code: Found(row) for row in session.scalars(now.order_by(*order).limit(limit))}
    for row, name in session.execute(before.order_by(*order).limit(limit)):
        found.setdefault(row.code, Found(row)).formerly.append(name)
    return list(found.values())[:limit]


def areas(session: Session) -> Sequence[ExtensionArea]:
    """All extension areas, by name."""
    return session.scalars(select(ExtensionArea).order_by(ExtensionArea.name)).all()


def area(session: Session, area_id: int) -> ExtensionArea | None:
    """One extension area."""
    return session.get(ExtensionArea, area_id)


def codes_of(session: Session, area_id: int) -> Sequence[str]:
    """The communes of an extension area."""
    asked = select(ExtensionAreaUnit.code).where(ExtensionAreaUnit.area_id == area_id)
    return session.scalars(asked.order_by(ExtensionAreaUnit.code)).all()


def make_area(session: Session, name: str) -> ExtensionArea:
    """A new extension area, or the one that has this name already."""
    found = session.scalars(select(ExtensionArea).where(ExtensionArea.name == name)).first()
    if found is None:
        found = ExtensionArea(name=name)
        session.add(found)
        session.flush()
    return found


def set_codes(session: Session, area_id: int, codes: Iterable[str]) -> None:
    """The area is of these communes from now on."""
    session.execute(delete(ExtensionAreaUnit).where(ExtensionAreaUnit.area_id == area_id))
    session.add_all(ExtensionAreaUnit(area_id=area_id, code=code) for code in dict.fromkeys(codes))

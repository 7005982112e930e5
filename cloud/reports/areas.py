"""The areas that somebody may have reports of: those that lie whole in their scope, for a title promises the whole area."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, communes_seen
from cloud.areas.models import ExtensionArea, ExtensionAreaUnit, Unit

COMMUNES = ("commune", "ward", "special_zone")


@dataclass(frozen=True, slots=True)
class Area:
    """An area; `communes` are names by code."""

    kind: Literal["commune", "area", "province"]
    code: str
    name: str
    province: str
    communes: dict[str, str]

    @property
    def key(self) -> str:
        """As it stands in addresses and schedules."""
        return f"{self.kind}:{self.code}"


def areas_of(session: Session, asking: Asking, now_s: float, today: date) -> list[Area]:
    """Provinces, extension areas and communes, each by name."""
    units = _units(session, today)
    seen = _communes(session, asking, units, now_s)
    return [*_provinces(units, seen), *_extension_areas(session, units, seen), *_single(units, seen)]


def area_of(session: Session, asking: Asking, key: str, now_s: float, today: date) -> Area | None:
    """The area of this key; None when it is none of theirs."""
    return next((area for area in areas_of(session, asking, now_s, today) if area.key == key), None)


def _units(session: Session, today: date) -> dict[str, Unit]:
    """Provinces and communes of today by code."""
    valid = Unit.valid_from <= today, or_(Unit.valid_until.is_(None), Unit.valid_until > today)
    rows = session.scalars(select(Unit).where(Unit.kind.in_((*COMMUNES, "province")), *valid).order_by(Unit.name))
    return {unit.code: unit for unit in rows}


def _communes(session: Session, asking: Asking, units: dict[str, Unit], now_s: float) -> list[Unit]:
    communes = [unit for unit in units.values() if unit.kind in COMMUNES]
    if (asking.sees or asking.role) == "administrator":
        return communes
    codes = set(session.scalars(communes_seen(asking, now_s)))
    return [unit for unit in communes if unit.code in codes]


def _single(units: dict[str, Unit], seen: Sequence[Unit]) -> list[Area]:
    return [Area("commune", unit.code, unit.name, _province(units, [unit]), {unit.code: unit.name}) for unit in seen]


def _provinces(units: dict[str, Unit], seen: Sequence[Unit]) -> list[Area]:
    found = []
    for province in (unit for unit in units.values() if unit.kind == "province"):
        inside = {unit.code: unit.name for unit in seen if unit.parent == province.code}
        whole = sum(unit.parent == province.code and unit.kind in COMMUNES for unit in units.values())
        if inside and len(inside) == whole:
            found.append(Area("province", province.code, province.name, province.name, inside))
    return found


def _extension_areas(session: Session, units: dict[str, Unit], seen: Sequence[Unit]) -> list[Area]:
    by_code = {unit.code: unit for unit in seen}
    members: dict[int, list[str]] = {}
    for area_id, code in session.execute(select(ExtensionAreaUnit.area_id, ExtensionAreaUnit.code)):
        members.setdefault(area_id, []).append(code)
    found = []
    for area in session.scalars(select(ExtensionArea).order_by(ExtensionArea.name)):
        codes = members.get(area.id, [])
        if codes and all(code in by_code for code in codes):
            inside = [by_code[code] for code in codes]
            names = {unit.code: unit.name for unit in inside}
            found.append(Area("area", str(area.id), area.name, _province(units, inside), names))
    return found


def _province(units: dict[str, Unit], inside: Sequence[Unit]) -> str:
    """The province they lie in, or the provinces."""
    codes = dict.fromkeys(unit.parent for unit in inside if unit.parent)
    return ", ".join(units[code].name for code in codes if code in units)

"""All queries about crops."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from cloud.crops.models import Crop
from cloud.farms.models import Pond


def of_pond(session: Session, gateway_id: str, pond: str) -> Sequence[Crop]:
    """A pond's crops, the newest first."""
    mine = select(Crop).where(Crop.gateway_id == gateway_id, Crop.pond == pond)
    return session.scalars(mine.order_by(Crop.stocked_on.desc(), Crop.id.desc())).all()


def one(session: Session, seen: Select[str], crop_id: int) -> Crop | None:
    """One crop of a farm that may be seen."""
    return session.scalars(select(Crop).where(Crop.id == crop_id, Crop.gateway_id.in_(seen))).first()


def pond_seen(session: Session, seen: Select[str], pond_id: int) -> Pond | None:
    """One pond of a farm that may be seen."""
    return session.scalars(select(Pond).where(Pond.id == pond_id, Pond.gateway_id.in_(seen))).first()


def pond_of(session: Session, crop: Crop) -> Pond | None:
    """The pond of a crop, None when the farm has it no more."""
    return session.scalars(select(Pond).where(Pond.gateway_id == crop.gateway_id, Pond.key == crop.pond)).first()


def overlaps(session: Session, crop: Crop) -> bool:
    """Another crop of the same pond has a day in common with this one; the day of harvest may be that of stocking."""
    until = crop.harvested_on or date.max
    found = select(func.count()).where(
        Crop.gateway_id == crop.gateway_id,
        Crop.pond == crop.pond,
        Crop.stocked_on < until,
        or_(Crop.harvested_on.is_(None), Crop.harvested_on > crop.stocked_on),
    )
    if crop.id is not None:
        found = found.where(Crop.id != crop.id)
    return bool(session.scalar(found))


def of_year(session: Session, seen: Select[str], first: date, last: date) -> Sequence[Crop]:
    """Crops harvested between two days, and those that were stocked until then and still run."""
    harvested = and_(Crop.harvested_on >= first, Crop.harvested_on <= last)
    running = and_(Crop.harvested_on.is_(None), Crop.stocked_on <= last)
    return session.scalars(
        select(Crop).where(Crop.gateway_id.in_(seen), or_(harvested, running)).order_by(Crop.stocked_on, Crop.id)
    ).all()

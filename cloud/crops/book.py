"""Writing crops down: what makes sense is kept and audited, what does not is refused with the reason."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from cloud.accounts import audit
from cloud.accounts.access import Asking
from cloud.crops import repository
from cloud.crops.models import Crop
from cloud.farms.models import Pond

Species = Literal["vannamei", "monodon", "other"]
Kilograms = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
EARLIEST = date(2000, 1, 1)

Refusal = Literal["future", "early", "order", "unfinished", "overlap"]


class CropIn(BaseModel):
    """A crop; `per_kg` is animals per kilogram at harvest. Weights are kilograms of the whole crop."""

    model_config = ConfigDict(extra="forbid")

    species: Species
    stocked_on: date
    stocked_count: Annotated[int, Field(gt=0, le=1_000_000_000)] | None = None
    harvested_on: date | None = None
    harvest_kg: Kilograms | None = None
    feed_kg: Kilograms | None = None
    per_kg: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)] | None = None


class Refused(Exception):
    """A crop that cannot be: `reason` is a key of the catalogue under crops.refused."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason = reason


def begin(session: Session, asking: Asking, pond: Pond, wish: CropIn, now_s: float, today: date) -> Crop:
    """A new crop of a pond; Refused."""
    crop = Crop(gateway_id=pond.gateway_id, pond=pond.key)
    _take(session, crop, wish, today)
    session.add(crop)
    session.flush()
    _note(session, asking, "crop_begun", crop, now_s)
    return crop


def change(session: Session, asking: Asking, crop: Crop, wish: CropIn, now_s: float, today: date) -> None:
    """Other figures for a crop; Refused."""
    with session.no_autoflush:
        _take(session, crop, wish, today)
    _note(session, asking, "crop_changed", crop, now_s)


def remove(session: Session, asking: Asking, crop: Crop, now_s: float) -> None:
    """A crop that never was."""
    _note(session, asking, "crop_removed", crop, now_s)
    session.delete(crop)


def _take(session: Session, crop: Crop, wish: CropIn, today: date) -> None:
    if reason := _impossible(wish, today):
        raise Refused(reason)
    was = {name: getattr(crop, name) for name in CropIn.model_fields}
    for name, value in wish.model_dump().items():
        setattr(crop, name, value)
    if repository.overlaps(session, crop):
        for name, value in was.items():
            setattr(crop, name, value)
        raise Refused("overlap")


def _impossible(wish: CropIn, today: date) -> Refusal | None:
    if wish.stocked_on < EARLIEST:
        return "early"
    if wish.stocked_on > today or (wish.harvested_on or today) > today:
        return "future"
    if wish.harvested_on is None:
        return "unfinished" if wish.harvest_kg or wish.per_kg else None
    return "order" if wish.harvested_on <= wish.stocked_on else None


def _note(session: Session, asking: Asking, what: str, crop: Crop, now_s: float) -> None:
    detail = {"crop": crop.id, "pond": crop.pond, "stocked_on": str(crop.stocked_on), "harvest_kg": crop.harvest_kg}
    audit.note(session, asking.who, what, crop.gateway_id, detail, now_s)

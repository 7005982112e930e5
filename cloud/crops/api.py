"""Crops over REST: read by whom the farmer shows them, written by the farm's own people."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import BaseModel

from cloud.accounts.access import REFUSED, CropsSeen, OfFarm
from cloud.accounts.page import Now
from cloud.api import Reading
from cloud.commands.api import Writing
from cloud.crops import book, repository
from cloud.crops.book import CropIn, Refused, Species
from cloud.crops.figures import fcr, survival
from cloud.crops.models import Crop
from cloud.farms.models import Pond
from cloud.ids import Id
from cloud.reports.periods import local_day

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such pond or crop."}}
CONFLICT: dict[int | str, dict[str, Any]] = {
    409: {"description": "The crop cannot be: its days or figures contradict."}
}

router = APIRouter(prefix="/api", tags=["crops"], responses={**REFUSED, **NOT_FOUND})


class CropOut(BaseModel):
    """A crop; `fcr` (kg/kg) and `survival` (0 to 1) are null where its figures do not support them."""

    id: int
    farm: str
    pond: str
    species: Species
    stocked_on: date
    stocked_count: int | None
    harvested_on: date | None
    harvest_kg: float | None
    feed_kg: float | None
    per_kg: float | None
    fcr: float | None
    survival: float | None


def known_pond(pond_id: Id, reading: Reading, seen: CropsSeen) -> Pond:
    """The pond of the path; 404 when there is none whose crops may be seen."""
    pond = repository.pond_seen(reading, seen, pond_id)
    if pond is None:
        raise HTTPException(404, f"there is no pond {pond_id}")
    return pond


def known_crop(crop_id: Id, writing: Writing, seen: CropsSeen) -> Crop:
    """The crop of the path, to be changed; 404 when there is none that may be seen."""
    crop = repository.one(writing, seen, crop_id)
    if crop is None:
        raise HTTPException(404, f"there is no crop {crop_id}")
    return crop


KnownPond = Annotated[Pond, Depends(known_pond)]
KnownCrop = Annotated[Crop, Depends(known_crop)]


@router.get("/ponds/{pond_id}/crops")
def list_crops(pond: KnownPond, reading: Reading) -> list[CropOut]:
    """A pond's crops, the newest first."""
    return [crop_out(crop) for crop in repository.of_pond(reading, pond.gateway_id, pond.key)]


@router.post("/ponds/{pond_id}/crops", status_code=201, responses=CONFLICT)
def begin(wish: CropIn, asking: OfFarm, pond: KnownPond, writing: Writing, now_s: Now) -> CropOut:
    """A new crop; 409 where its days meet another's."""
    try:
        return crop_out(book.begin(writing, asking, pond, wish, now_s, local_day(now_s)))
    except Refused as error:
        raise _conflict(error) from error


@router.put("/crops/{crop_id}", responses=CONFLICT)
def change(wish: CropIn, asking: OfFarm, crop: KnownCrop, writing: Writing, now_s: Now) -> CropOut:
    """All of a crop anew."""
    try:
        book.change(writing, asking, crop, wish, now_s, local_day(now_s))
    except Refused as error:
        raise _conflict(error) from error
    return crop_out(crop)


@router.delete("/crops/{crop_id}", status_code=204)
def remove(asking: OfFarm, crop: KnownCrop, writing: Writing, now_s: Now) -> Response:
    """A crop that never was; the audit keeps what it said."""
    book.remove(writing, asking, crop, now_s)
    return Response(status_code=204)


def crop_out(crop: Crop) -> CropOut:
    """A crop as the interface shows it."""
    stored = {name: getattr(crop, name) for name in ("id", "pond", *CropIn.model_fields)}
    return CropOut(farm=crop.gateway_id, fcr=fcr(crop), survival=survival(crop), **stored)


REASONS = {
    "future": "a day is in the future",
    "early": "nothing was stocked before the year 2000",
    "order": "the harvest is not after the stocking",
    "unfinished": "a harvest's weight or size needs its day",
    "overlap": "another crop of this pond has days in common",
}


def _conflict(error: Refused) -> HTTPException:
    return HTTPException(409, REASONS[error.reason])

"""Units and extension areas over REST."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from cloud.accounts.access import REFUSED, signed
from cloud.accounts.page import Now
from cloud.api import Reading
from cloud.areas import repository

router = APIRouter(prefix="/api", tags=["areas"], dependencies=[Depends(signed)], responses=REFUSED)


class UnitOut(BaseModel):
    """A unit under its code from one day until another (not included); `formerly` are names that brought it up."""

    code: str
    name: str
    kind: str
    parent: str | None
    valid_from: date
    valid_until: date | None
    formerly: list[str]


class AreaOut(BaseModel):
    """An extension area and the codes of its communes."""

    id: int
    name: str
    communes: list[str]


@router.get("/units")
def search_units(
    reading: Reading,
    now_s: Now,
    search: Annotated[str, Query(max_length=60)] = "",
    on: Annotated[date | None, Query(description="The day whose units are meant; today where it is not given.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> list[UnitOut]:
    """Provinces and communes by their name, or by a name from before a merger; marks may be left out."""
    day = on or datetime.fromtimestamp(now_s, UTC).date()
    return [
        UnitOut(
            code=found.unit.code,
            name=found.unit.name,
            kind=found.unit.kind,
            parent=found.unit.parent,
            valid_from=found.unit.valid_from,
            valid_until=found.unit.valid_until,
            formerly=found.formerly,
        )
        for found in repository.search(reading, search, day, limit)
    ]


@router.get("/areas")
def list_areas(reading: Reading) -> list[AreaOut]:
    """The areas that extension offices have drawn."""
    return [
        AreaOut(id=area.id, name=area.name, communes=list(repository.codes_of(reading, area.id)))
        for area in repository.areas(reading)
    ]

"""What people say of a farm and its ponds, checked."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from cloud.areas import repository as areas
from cloud.areas.models import COMMUNES
from cloud.farms.models import Gateway, Pond
from gateway.people.phones import international

PondKind = Literal["intensive", "semi_intensive", "rice_shrimp", "improved_extensive", ""]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Line = Annotated[str, Field(max_length=100)]


class ChangeRefused(ValueError):
    """A value that cannot be kept; the text says which and why."""


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FarmChange(_Change):
    """What is given is changed: commune by its code of today, coordinates in degrees (WGS 84)."""

    commune: Annotated[str, Field(max_length=10)] | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    registration: Line = ""
    owner_name: Line = ""
    phone: Annotated[str, Field(max_length=30)] = ""


class PondChange(_Change):
    """What is given is changed: area in m2, coordinates in degrees (WGS 84)."""

    area_m2: Annotated[float, Field(gt=0, le=1e7, allow_inf_nan=False)] | None = None
    kind: PondKind = ""
    registration: Line = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None


def change_farm(session: Session, farm: Gateway, change: FarmChange, pattern: str, today: date) -> dict[str, object]:
    """Put the change into the farm; returns what was given. Raises ChangeRefused."""
    given = change.model_dump(exclude_unset=True)
    if code := given.get("commune"):
        unit = areas.unit(session, code, today)
        if unit is None or unit.kind not in COMMUNES:
            raise ChangeRefused(f"commune: {code} is no commune of today; /api/units finds it by its name")
    if given.get("phone"):
        given["phone"] = international(given["phone"])
    _check_registration(given, pattern)
    return _put(farm, given)


def change_pond(pond: Pond, change: PondChange, pattern: str) -> dict[str, object]:
    """Put the change into the pond; returns what was given. Raises ChangeRefused."""
    given = change.model_dump(exclude_unset=True)
    _check_registration(given, pattern)
    return _put(pond, given)


def _check_registration(given: dict[str, object], pattern: str) -> None:
    registration = given.get("registration")
    if pattern and registration and not re.fullmatch(pattern, str(registration)):
        raise ChangeRefused(f"registration: {registration} is not of the form {pattern}")


def _put(row: Gateway | Pond, given: dict[str, object]) -> dict[str, object]:
    for name, value in given.items():
        setattr(row, name, value)
    return given

"""The farm of a path, for whom it belongs to: 404 for everybody else's."""

from typing import Annotated

from fastapi import Depends, HTTPException

from cloud.accounts import repository as people
from cloud.accounts.access import Asking, InPerson, one_of
from cloud.api import Reading
from cloud.farms import repository as farms
from cloud.farms.models import Gateway

Keeper = Annotated[Asking, Depends(one_of("farmer", "administrator"))]


def own_farm(farm_id: str, asking: Keeper, _: InPerson, reading: Reading) -> Gateway:
    """A farmer's own farm, or for administrators any."""
    found = farms.one(reading, farm_id)
    if found is None or not (asking.role == "administrator" or people.belongs(reading, asking.id, farm_id)):
        raise HTTPException(404, f"there is no farm {farm_id}")
    return found


OwnFarm = Annotated[Gateway, Depends(own_farm)]


def owned_farm(farm: OwnFarm, asking: InPerson) -> Gateway:
    """As `own_farm`, for its farmer only: nobody grants, exports or deletes in their place."""
    if asking.role != "farmer":
        raise HTTPException(403, "this is the farmer's to decide")
    return farm


OwnedFarm = Annotated[Gateway, Depends(owned_farm)]

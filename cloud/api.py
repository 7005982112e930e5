"""The REST interface: farms, ponds, what they measured."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel
from sqlalchemy.orm import Session

from cloud.accounts.access import REFUSED, AnySeen, WaterSeen
from cloud.database import Database
from cloud.farms import repository as farms
from cloud.farms.models import Pond
from cloud.ids import MOST_ID
from cloud.telemetry import repository
from cloud.telemetry.history import series
from cloud.telemetry.latest import latest_of
from hardware.quantities import BY_SYMBOL

router = APIRouter(prefix="/api", tags=["farms"], responses=REFUSED)

MOST_BUCKETS = 2000


class FarmOut(BaseModel):
    """A farm."""

    id: str
    name: str


class PondOut(BaseModel):
    """A pond; limits in mg/L of dissolved oxygen. Commands name its aerators by their `aerator_numbers`."""

    id: int
    farm: str
    key: str
    name: str
    aerators: int
    aerator_numbers: list[int]
    alarm_low: float
    danger_low: float


class ReadingOut(BaseModel):
    """One value; quality 0 good, 1 uncertain, 2 bad."""

    quantity: str
    unit: str
    value: float | None
    quality: int
    reason: int


class LatestOut(BaseModel):
    """The newest sample of a pond; Unix seconds. `late`: it was read from the node's memory some time afterwards."""

    taken_at: float
    received_at: float
    late: bool
    readings: list[ReadingOut]


class BucketOut(BaseModel):
    """Good values of one stretch of time; a gap is a missing bucket."""

    at: float
    min: float
    mean: float
    max: float
    count: int


def session(request: Request) -> Iterator[Session]:
    """A reading session for one request."""
    database: Database = request.app.state.database
    with database.read() as reading:
        yield reading


Reading = Annotated[Session, Depends(session)]

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "There is no such farm or pond."}}


def known_pond(pond_id: int, reading: Reading, seen: WaterSeen) -> Pond:
    """The pond of the path; 404 when there is none that the asking person may see."""
    pond = farms.pond_seen(reading, seen, pond_id) if 0 <= pond_id <= MOST_ID else None
    if pond is None:
        raise HTTPException(404, f"there is no pond {pond_id}")
    return pond


KnownPond = Annotated[Pond, Depends(known_pond)]


def pond_out(pond: Pond) -> PondOut:
    """A pond as the interface shows it."""
    return PondOut(
        id=pond.id,
        farm=pond.gateway_id,
        key=pond.key,
        name=pond.name,
        aerators=pond.aerators,
        aerator_numbers=pond.machines,
        alarm_low=pond.alarm_low,
        danger_low=pond.danger_low,
    )


@router.get("/farms")
def list_farms(reading: Reading, seen: AnySeen) -> list[FarmOut]:
    """The farms that you may see something of."""
    return [FarmOut(id=farm.id, name=farm.farm_name or farm.id) for farm in farms.seen(reading, seen)]


@router.get("/farms/{farm_id}/ponds", responses=NOT_FOUND)
def list_ponds_of(farm_id: str, reading: Reading, seen: WaterSeen) -> list[PondOut]:
    """The ponds of one farm."""
    if farms.one_seen(reading, seen, farm_id) is None:
        raise HTTPException(404, f"there is no farm {farm_id}")
    return [pond_out(pond) for pond in farms.ponds_of(reading, farm_id)]


@router.get("/farms/{farm_id}/samples/count", responses=NOT_FOUND)
def count_samples(farm_id: str, reading: Reading, seen: WaterSeen) -> int:
    """How many samples of a farm's nodes are stored."""
    if farms.one_seen(reading, seen, farm_id) is None:
        raise HTTPException(404, f"there is no farm {farm_id}")
    return repository.sample_count(reading, farm_id)


@router.get("/ponds")
def list_ponds(reading: Reading, seen: WaterSeen) -> list[PondOut]:
    """The ponds whose water you may see."""
    return [pond_out(pond) for pond in farms.ponds_seen(reading, seen)]


@router.get("/ponds/{pond_id}", responses=NOT_FOUND)
def get_pond(pond: KnownPond) -> PondOut:
    """One pond."""
    return pond_out(pond)


@router.get("/ponds/{pond_id}/latest", responses=NOT_FOUND)
def get_latest(pond: KnownPond, reading: Reading) -> LatestOut | None:
    """The newest sample of a pond, null before the first."""
    found = latest_of(reading, [(pond.gateway_id, pond.node)]) if pond.node else {}
    for newest in found.values():
        return LatestOut(
            taken_at=newest.taken_at,
            received_at=newest.received_at,
            late=newest.late,
            readings=[
                ReadingOut(
                    quantity=item.quantity,
                    unit=BY_SYMBOL[item.quantity].unit if item.quantity in BY_SYMBOL else "",
                    value=item.value,
                    quality=item.quality,
                    reason=item.reason,
                )
                for item in newest.readings
            ],
        )
    return None


@router.get(
    "/ponds/{pond_id}/series",
    responses={**NOT_FOUND, 422: {"description": "The times or the number do not make sense."}},
)
def get_series(
    pond: KnownPond,
    reading: Reading,
    quantity: Annotated[str, Query(max_length=60)] = "do_mg_l",
    since: Annotated[float, Query(ge=0, le=1e11)] = 0.0,
    until: Annotated[float, Query(ge=0, le=1e11)] = 1e11,
    buckets: Annotated[int, Query(ge=1, le=MOST_BUCKETS)] = 300,
) -> list[BucketOut]:
    """Good values of one quantity between two times (Unix seconds), as lowest, mean and highest of each bucket."""
    if until <= since:
        raise HTTPException(422, "until must be later than since")
    if pond.node is None:
        return []
    found = series(reading, pond.gateway_id, pond.node, quantity, since, until, buckets)
    return [BucketOut(at=item.at, min=item.low, mean=item.mean, max=item.high, count=item.count) for item in found]

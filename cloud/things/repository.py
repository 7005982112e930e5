"""All queries about what the SensorThings interface shows of farms; each sees only what the asker may see."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from cloud.farms.models import Gateway, Pond
from cloud.things.observations import Newest, latest_of
from cloud.things.subjects import Instrument, Place
from hardware.quantities import BY_SYMBOL

FIRST_BATCH, LARGEST_BATCH = 128, 1024
LARGEST_ID = 2**31 - 1

Seen = Select[str]


def places(session: Session, seen: Seen, after: int = 0) -> Iterator[Place]:
    """All ponds whose number is above `after`, in the order of numbers, in batches that grow."""
    batch = FIRST_BATCH
    while True:
        found = _places(session, _ponds(seen).where(Pond.id > after).limit(batch))
        yield from found
        if len(found) < batch:
            return
        after, batch = found[-1].number, min(2 * batch, LARGEST_BATCH)


def place(session: Session, seen: Seen, number: int) -> Place | None:
    """One pond, None when there is none that the asker may see."""
    found = _places(session, _ponds(seen).where(Pond.id == number)) if 0 < number <= LARGEST_ID else []
    return found[0] if found else None


def places_of(session: Session, seen: Seen, node: Instrument) -> list[Place]:
    """The ponds that a node watches."""
    return _places(session, _ponds(seen).where(Pond.gateway_id == node.gateway_id, Pond.node == node.node))


def nodes(session: Session, seen: Seen) -> Iterator[Instrument]:
    """All nodes that watch a pond."""
    query = select(Pond.gateway_id, Pond.node).where(Pond.gateway_id.in_(seen), Pond.node.is_not(None)).distinct()
    for gateway_id, node in session.execute(query.order_by(Pond.gateway_id, Pond.node)):
        yield Instrument(gateway_id, node or "")


def _ponds(seen: Seen) -> Select[Any]:
    columns: tuple[Any, ...] = (
        Pond.id, Pond.key, Pond.name, Pond.node, Pond.kind, Pond.area_m2, Pond.registration, Pond.aerators,
        Pond.longitude, Pond.latitude, Pond.gateway_id, Gateway.farm_name, Gateway.commune, Gateway.created_at,
        Gateway.longitude.label("farm_longitude"), Gateway.latitude.label("farm_latitude"),
    )  # fmt: skip
    query: Select[Any] = select(*columns).join(Gateway, Gateway.id == Pond.gateway_id)
    return query.where(Pond.gateway_id.in_(seen)).order_by(Pond.id)


def _places(session: Session, query: Select[Any]) -> list[Place]:
    rows = session.execute(query).all()
    newest = latest_of(session, [(row.gateway_id, row.node) for row in rows if row.node])
    return [_place(row, newest.get((row.gateway_id, row.node))) for row in rows]


def _place(row: Row[Any], newest: Newest | None) -> Place:
    symbols = dict.fromkeys(reading.quantity for reading in newest.readings) if newest else {}
    return Place(
        number=row.id,
        name=row.name,
        gateway_id=row.gateway_id,
        farm=row.farm_name or row.gateway_id,
        node=row.node,
        position=_position(row.longitude, row.latitude) or _position(row.farm_longitude, row.farm_latitude),
        since_s=row.created_at,
        properties={
            "farm": row.gateway_id,
            "farmName": row.farm_name,
            "commune": row.commune,
            "pond": row.key,
            "pondKind": row.kind or None,
            "areaM2": row.area_m2,
            "registration": row.registration or None,
            "aerators": row.aerators,
        },
        quantities=tuple(symbol for symbol in symbols if symbol in BY_SYMBOL),
        newest_s=newest.taken_at if newest else 0.0,
    )


def _position(longitude: float | None, latitude: float | None) -> tuple[float, float] | None:
    """As GeoJSON orders them."""
    return None if longitude is None or latitude is None else (longitude, latitude)

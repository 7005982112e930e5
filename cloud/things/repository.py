"""All queries about what the SensorThings interface shows of farms; each sees only what the asker may see."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cloud.farms.models import Gateway, Pond
from cloud.things.observations import quantities_of
from cloud.things.subjects import Instrument, Place
from hardware.quantities import BY_SYMBOL

BATCH = 500
LARGEST_ID = 2**31 - 1

Seen = Select[str]


def places(session: Session, seen: Seen, after: int = 0) -> Iterator[Place]:
    """All ponds whose number is above `after`, in the order of numbers, a batch at a time."""
    while True:
        found = _places(session, _ponds(seen).where(Pond.id > after).limit(BATCH))
        yield from found
        if len(found) < BATCH:
            return
        after = found[-1].number


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


def _ponds(seen: Seen) -> Select[Pond, Gateway]:
    return (
        select(Pond, Gateway)
        .join(Gateway, Gateway.id == Pond.gateway_id)
        .where(Pond.gateway_id.in_(seen))
        .order_by(Pond.id)
    )


def _places(session: Session, query: Select[Pond, Gateway]) -> list[Place]:
    rows = session.execute(query).all()
    measured = quantities_of(session, [(pond.gateway_id, pond.node) for pond, _ in rows if pond.node])
    return [_place(pond, gateway, measured.get((pond.gateway_id, pond.node or ""), ())) for pond, gateway in rows]


def _place(pond: Pond, gateway: Gateway, measured: tuple[str, ...]) -> Place:
    return Place(
        number=pond.id,
        name=pond.name,
        gateway_id=gateway.id,
        farm=gateway.farm_name or gateway.id,
        node=pond.node,
        position=_position(pond) or _position(gateway),
        since_s=gateway.created_at,
        properties={
            "farm": gateway.id,
            "farmName": gateway.farm_name,
            "commune": gateway.commune,
            "pond": pond.key,
            "pondKind": pond.kind or None,
            "areaM2": pond.area_m2,
            "registration": pond.registration or None,
            "aerators": pond.aerators,
        },
        quantities=tuple(symbol for symbol in measured if symbol in BY_SYMBOL),
    )


def _position(row: Any) -> tuple[float, float] | None:
    """Longitude and latitude, as GeoJSON orders them."""
    return None if row.latitude is None or row.longitude is None else (row.longitude, row.latitude)

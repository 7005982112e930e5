"""All that is kept of one farm, in whatever room: found by the tables themselves, so that no new table is forgotten."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, false, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.schema import sort_tables

from cloud.models import Base

GATEWAYS, NODES, REFUSED, STATIONS = (
    Base.metadata.tables[name] for name in ("gateways", "nodes", "quarantine", "stations")
)
OPENS_DOORS = frozenset(("tokens", "claim_codes"))
BATCH = 1000

Link = tuple[Column[Any], Column[Any]]


def tables() -> list[Table]:
    """Every table that has rows of farms, those that others refer to first."""
    found = [table for table in Base.metadata.tables.values() if table in (GATEWAYS, REFUSED) or _links(table)]
    order = [(there.table, table) for table in found for _, there in _links(table)]
    return sort_tables(found, extra_dependencies=order)


def rows(session: Session, table: Table, gateway_id: str) -> Iterator[dict[str, Any]]:
    """A farm's rows of one table, without holding them all."""
    asked = select(table).where(of_farm(table, gateway_id)).execution_options(yield_per=BATCH)
    for row in session.execute(asked).mappings():
        yield dict(row)


def delete_all(session: Session, gateway_id: str) -> dict[str, int]:
    """Delete all rows of a farm, the farm itself last; returns how many of each table.

    A public station that measured through it stays the public's, and measures no more.
    """
    session.execute(update(STATIONS).where(STATIONS.c.gateway_id == gateway_id).values(gateway_id=None, node=None))
    gone = {}
    for table in reversed(tables()):
        count = session.execute(delete(table).where(of_farm(table, gateway_id))).rowcount  # type: ignore[attr-defined]
        if count:
            gone[table.name] = count
    return gone


def of_farm(table: Table, gateway_id: str) -> ColumnElement[bool]:
    """The condition for a farm's rows: they name it, or refer to a row that is the farm's."""
    if table is GATEWAYS:
        return GATEWAYS.c.id == gateway_id
    if table is REFUSED:
        return REFUSED.c.topic.startswith(f"farm/{gateway_id}/", autoescape=True)
    return or_(
        false(),
        *(here.in_(select(there).where(of_farm(there.table, gateway_id))) for here, there in _links(table)),
    )


def _links(table: Table) -> list[Link]:
    """Through which columns rows belong to a farm; telemetry's largest tables say so by name alone."""
    if table is STATIONS:
        return []
    if "gateway_id" in table.c:
        return [(table.c.gateway_id, GATEWAYS.c.id)]
    if "node_id" in table.c:
        return [(table.c.node_id, NODES.c.id)]
    keys = [key for key in table.foreign_keys if key.column.table is not table]
    return [(key.parent, key.column) for key in keys if key.column.table is GATEWAYS or _links(key.column.table)]

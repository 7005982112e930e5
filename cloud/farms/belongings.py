"""All that is kept of one farm, in whatever room: found by the tables themselves, so that no new table is forgotten."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, false, or_, select
from sqlalchemy.orm import Session

from cloud.models import Base

OF_THE_FARM = "gateway_id"
SECRET = frozenset(("tokens", "claim_codes"))
BATCH = 1000


def tables() -> list[Table]:
    """Every table that has rows of farms, those that others refer to first."""
    return [table for table in Base.metadata.sorted_tables if _of_farms(table)]


def rows(session: Session, table: Table, gateway_id: str) -> Iterator[dict[str, Any]]:
    """A farm's rows of one table, without holding them all."""
    asked = select(table).where(of_farm(table, gateway_id)).execution_options(yield_per=BATCH)
    for row in session.execute(asked).mappings():
        yield dict(row)


def delete_all(session: Session, gateway_id: str) -> dict[str, int]:
    """Delete all rows of a farm, the farm itself last; returns how many of each table."""
    gone = {}
    for table in reversed(tables()):
        count = session.execute(delete(table).where(of_farm(table, gateway_id))).rowcount  # type: ignore[attr-defined]
        if count:
            gone[table.name] = count
    return gone


def of_farm(table: Table, gateway_id: str) -> ColumnElement[bool]:
    """The condition for a farm's rows: they name it, or refer to a row that is the farm's."""
    if table.name == "gateways":
        return table.c.id == gateway_id
    if OF_THE_FARM in table.c:
        return table.c[OF_THE_FARM] == gateway_id
    parents = [key for key in table.foreign_keys if key.column.table is not table and _of_farms(key.column.table)]
    return or_(
        false(),
        *(key.parent.in_(select(key.column).where(of_farm(key.column.table, gateway_id))) for key in parents),
    )


def _of_farms(table: Table) -> bool:
    return (
        table.name == "gateways"
        or OF_THE_FARM in table.c
        or any(key.column.table is not table and _of_farms(key.column.table) for key in table.foreign_keys)
    )

"""The newest values of many nodes at once."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from cloud.telemetry.calendar import day_number
from cloud.telemetry.models import Latest, Low, Node

NAMED = 500


class Value(NamedTuple):
    """One reading; quality 0 good, 1 uncertain, 2 bad."""

    quantity: str
    value: float | None
    quality: int
    reason: int


class Newest(NamedTuple):
    """The newest sample of a node; times are Unix seconds."""

    taken_at: float
    received_at: float
    late: bool
    readings: tuple[Value, ...]

    def get(self, quantity: str) -> Value | None:
        """The first reading of a quantity."""
        return next((reading for reading in self.readings if reading.quantity == quantity), None)


@dataclass(frozen=True, slots=True)
class Lowest:
    """The lowest good oxygen of last night, or of the one that has begun, and when; Unix seconds."""

    do_mg_l: float
    at: float


def lows_of(session: Session, nodes: Iterable[tuple[str, str]], now_s: float) -> dict[tuple[str, str], Lowest]:
    """By (gateway, node): the lowest oxygen of the night that ends today, or since noon."""
    wanted, today = set(nodes), day_number(now_s)
    query = (
        select(Node.gateway_id, Node.node, Low.do_mg_l, Low.at)
        .join(Low, Low.node_id == Node.id)
        .where(Low.day >= today, Low.day <= today + 1, *_of_few(wanted))
        .order_by(Low.do_mg_l.desc())
    )
    return {
        (gateway, node): Lowest(low, at)
        for gateway, node, low, at in session.execute(query)
        if (gateway, node) in wanted
    }


def latest_of(session: Session, nodes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Newest]:
    """By (gateway, node), those that have one."""
    wanted = set(nodes)
    query = (
        select(Node.gateway_id, Node.node, Latest.taken_at, Latest.received_at, Latest.late, Latest.readings)
        .join(Latest, Latest.node_id == Node.id)
        .where(*_of_few(wanted))
    )
    rows = [row for row in session.connection().execute(query).all() if (row[0], row[1]) in wanted]
    readings = json.loads(f"[{','.join(row.readings for row in rows)}]")  # one reading of JSON for all: half the time
    return {
        (gateway, node): Newest(taken_at, received_at, late, tuple(map(Value._make, found)))
        for (gateway, node, taken_at, received_at, late, _), found in zip(rows, readings, strict=True)
    }


def _of_few(wanted: set[tuple[str, str]]) -> list[ColumnElement[bool]]:
    """Asks for these gateways only, where they are not too many to be named."""
    gateways = {gateway for gateway, _ in wanted}
    return [Node.gateway_id.in_(gateways)] if len(gateways) <= NAMED else []

"""What days came to, sealed ones from their table and open ones reckoned now."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.telemetry.calendar import date_of, number_of
from cloud.telemetry.history import day_rows
from cloud.telemetry.models import Chunk, Day, Hot, Node
from cloud.telemetry.summary import QuantityDay, expected, summed_up
from hardware.quantities import BY_SYMBOL

FEW = 500


class DayRow(NamedTuple):
    """A quantity on a node's local day. `samples` were stored of the `expected` that the node's sequences promise."""

    gateway_id: str
    node: str
    day: date
    samples: int
    expected: int
    of: QuantityDay


def days(
    session: Session,
    nodes: Iterable[tuple[str, str]],
    first: date,
    last: date,
    quantities: Collection[str] = tuple(BY_SYMBOL),
) -> list[DayRow]:
    """These quantities of these nodes (gateway, node) on the days from first to last, in the order of days."""
    names = _names(session, set(nodes))
    span = (number_of(first), number_of(last))
    opened = _opened(session, names, span)
    rows = list(_sealed(session, names, span, quantities, opened))
    for node, day in opened:
        here = day_rows(session, node, day, quantities)
        found = (of for of in summed_up(here) if of.quantity in quantities)
        rows += [DayRow(*names[node], date_of(day), len(here), expected(here), of) for of in found]
    return sorted(rows, key=attrgetter("day"))


def _names(session: Session, nodes: set[tuple[str, str]]) -> dict[int, tuple[str, str]]:
    query = select(Node.id, Node.gateway_id, Node.node)
    return {number: (gateway, node) for number, gateway, node in session.execute(query) if (gateway, node) in nodes}


def _sealed(
    session: Session,
    names: dict[int, tuple[str, str]],
    span: tuple[int, int],
    quantities: Collection[str],
    opened: set[tuple[int, int]],
) -> Iterator[DayRow]:
    """Days that are sealed whole. The two tables are read apart: joined, each quantity would open the day's chunk anew."""
    promised = {(node, day): (samples, total) for node, day, samples, total in _chunks(session, names, span)}
    of_day = (Day.quantity, Day.low, Day.low_at, Day.mean, Day.high, Day.count, Day.below_s)
    query = select(Day.node_id, Day.day, *of_day).where(
        Day.day >= span[0], Day.day <= span[1], Day.quantity.in_(quantities)
    )
    if len(names) <= FEW:
        query = query.where(Day.node_id.in_(names))
    dates = {number: date_of(number) for number in range(span[0], span[1] + 1)}
    for row in session.connection().execute(query).all():
        node, day = key = row[:2]
        if key in promised and key not in opened:
            yield DayRow(*names[node], dates[day], *promised[key], QuantityDay(*row[2:]))


def _chunks(
    session: Session, names: dict[int, tuple[str, str]], span: tuple[int, int]
) -> Iterator[tuple[int, int, int, int]]:
    query = select(Chunk.node_id, Chunk.day, Chunk.samples, Chunk.expected).where(
        Chunk.day >= span[0], Chunk.day <= span[1]
    )
    for node, day, samples, total in session.connection().execute(query).all():
        if node in names:
            yield node, day, samples, total


def _opened(session: Session, names: dict[int, tuple[str, str]], span: tuple[int, int]) -> set[tuple[int, int]]:
    """Days of which some samples are not sealed."""
    query = select(Hot.node_id, Hot.day).where(Hot.day >= span[0], Hot.day <= span[1]).distinct()
    return {(node, day) for node, day in session.execute(query) if node in names}


def counts(
    session: Session, nodes: Iterable[tuple[str, str]], first: date, last: date
) -> dict[tuple[str, str, date], tuple[int, int]]:
    """Of sealed days: by (gateway, node, day) how many samples are there, of how many that the sequences promise."""
    names = _names(session, set(nodes))
    span = (number_of(first), number_of(last))
    return {
        (*names[node], date_of(day)): (samples, promised)
        for node, day, samples, promised in _chunks(session, names, span)
    }

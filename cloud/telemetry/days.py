"""What days came to, sealed ones from their table and open ones reckoned now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.telemetry.calendar import date_of, number_of
from cloud.telemetry.history import day_rows
from cloud.telemetry.models import Chunk, Day, Hot, Node
from cloud.telemetry.summary import QuantityDay, expected, summed_up

FEW = 500


@dataclass(frozen=True, slots=True)
class DayRow:
    """A quantity on a node's local day. `samples` were stored of the `expected` that the node's sequences promise."""

    gateway_id: str
    node: str
    day: date
    samples: int
    expected: int
    of: QuantityDay


def days(session: Session, nodes: Iterable[tuple[str, str]], first: date, last: date) -> list[DayRow]:
    """All quantities of these nodes (gateway, node) on the days from first to last, in the order of days."""
    names = _names(session, set(nodes))
    span = (number_of(first), number_of(last))
    opened = _opened(session, names, span)
    found = [row for row in _sealed(session, names, span) if (row[0], row[1]) not in opened]
    rows = [DayRow(*names[node], date_of(day), count, promised, of) for node, day, count, promised, of in found]
    for node, day in opened:
        here = day_rows(session, node, day)
        rows += [DayRow(*names[node], date_of(day), len(here), expected(here), of) for of in summed_up(here)]
    return sorted(rows, key=lambda row: row.day)


def _names(session: Session, nodes: set[tuple[str, str]]) -> dict[int, tuple[str, str]]:
    query = select(Node.id, Node.gateway_id, Node.node)
    return {number: (gateway, node) for number, gateway, node in session.execute(query) if (gateway, node) in nodes}


def _sealed(
    session: Session, names: dict[int, tuple[str, str]], span: tuple[int, int]
) -> Iterator[tuple[int, int, int, int, QuantityDay]]:
    of_day = (Day.quantity, Day.low, Day.low_at, Day.mean, Day.high, Day.count, Day.below_s)
    query = (
        select(Day.node_id, Day.day, Chunk.samples, Chunk.expected, *of_day)
        .join(Chunk, (Chunk.day == Day.day) & (Chunk.node_id == Day.node_id))
        .where(Day.day >= span[0], Day.day <= span[1])
    )
    if len(names) <= FEW:
        query = query.where(Day.node_id.in_(names))
    for node, day, count, promised, *of in session.execute(query):
        if node in names:
            yield node, day, count, promised, QuantityDay(*of)


def _opened(session: Session, names: dict[int, tuple[str, str]], span: tuple[int, int]) -> set[tuple[int, int]]:
    """Days of which some samples are not sealed."""
    query = select(Hot.node_id, Hot.day).where(Hot.day >= span[0], Hot.day <= span[1]).distinct()
    return {(node, day) for node, day in session.execute(query) if node in names}


def counts(
    session: Session, nodes: Iterable[tuple[str, str]], first: date, last: date
) -> dict[tuple[str, str, date], tuple[int, int]]:
    """Of sealed days: by (gateway, node, day) how many samples are there, of how many that the sequences promise."""
    names = _names(session, set(nodes))
    query = select(Chunk.node_id, Chunk.day, Chunk.samples, Chunk.expected).where(
        Chunk.day >= number_of(first), Chunk.day <= number_of(last)
    )
    return {
        (*names[node], date_of(day)): (samples, promised)
        for node, day, samples, promised in session.execute(query)
        if node in names
    }

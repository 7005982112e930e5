"""All queries about stations: who they are, what they measured, where it stands beyond a limit."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Integer, Select, cast, distinct, func, literal, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud.stations.models import Station, StationFlag, StationLatest, StationValue
from cloud.stations.national_file import MEASURING, Line
from cloud.telemetry.history import Bucket

AT_ONCE = 500


def _insert(session: Session, model: type[Any]) -> Any:
    dialect = session.get_bind().dialect.name
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(model)


def all_stations(session: Session) -> Sequence[Station]:
    """All stations by kind and name."""
    return session.scalars(select(Station).order_by(Station.kind, Station.name, Station.id)).all()


def one(session: Session, station_id: int) -> Station | None:
    """One station, None when there is none of this id."""
    return session.get(Station, station_id) if 0 <= station_id < 2**31 else None


def by_code(session: Session, code: str) -> Station | None:
    """The station that a file's name means."""
    return session.scalars(select(Station).where(Station.code == code)).first()


def add(session: Session, values: dict[str, Any], now_s: float) -> Station:
    """A new station."""
    made = Station(**values, created_at=now_s)
    session.add(made)
    session.flush()
    return made


def through_gateways(session: Session) -> Sequence[Station]:
    """The stations whose values come from a gateway's node."""
    return session.scalars(select(Station).where(Station.node.is_not(None)).order_by(Station.id)).all()


def store(session: Session, station_id: int, lines: Sequence[Line], now_s: float) -> list[Line]:
    """Store lines; what is known already changes nothing. Returns those that are stored otherwise than they say."""
    differ = []
    for first in range(0, len(lines), AT_ONCE):
        differ += _store(session, station_id, lines[first : first + AT_ONCE], now_s)
    refused = {(line.symbol, line.at) for line in differ}
    _advance(session, station_id, [line for line in lines if (line.symbol, line.at) not in refused], now_s)
    return differ


def _store(session: Session, station_id: int, lines: Sequence[Line], now_s: float) -> list[Line]:
    keys = [(line.symbol, line.at) for line in lines]
    known = {
        (row.symbol, row.at): row
        for row in session.scalars(
            select(StationValue).where(
                StationValue.station_id == station_id, tuple_(StationValue.symbol, StationValue.at).in_(keys)
            )
        )
    }
    fresh = [line for line in lines if (line.symbol, line.at) not in known]
    if fresh:
        session.execute(
            _insert(session, StationValue).on_conflict_do_nothing(),
            [
                {
                    "station_id": station_id,
                    "symbol": line.symbol,
                    "at": line.at,
                    "value": line.value,
                    "unit": line.unit,
                    "status": line.status,
                    "received_at": now_s,
                }
                for line in fresh
            ],
        )
    return [
        line
        for line in lines
        if (row := known.get((line.symbol, line.at))) and (row.value, row.status) != (line.value, line.status)
    ]


def _advance(session: Session, station_id: int, lines: Iterable[Line], now_s: float) -> None:
    newest: dict[str, Line] = {}
    good: dict[str, Line] = {}
    for line in sorted(lines, key=lambda line: line.at):
        newest[line.symbol] = line
        if line.good is not None:
            good[line.symbol] = line
    asked = select(StationLatest).where(StationLatest.station_id == station_id).with_for_update()
    rows = {row.symbol: row for row in session.scalars(asked)}
    for symbol, line in newest.items():
        known = rows.get(symbol)
        if known is None:
            known = StationLatest(station_id=station_id, symbol=symbol, at=-1, good_at=None, good_value=None)
            session.add(known)
        if line.at > known.at:
            known.at, known.unit, known.status, known.received_at = line.at, line.unit, line.status, now_s
        best = good.get(symbol)
        if best is not None and best.at > (known.good_at or -1):
            known.good_at, known.good_value = best.at, best.value
    session.flush()


def latest(session: Session, stations: Iterable[int]) -> dict[int, list[StationLatest]]:
    """The newest of each parameter, by station."""
    found: dict[int, list[StationLatest]] = {}
    asked = select(StationLatest).where(StationLatest.station_id.in_(list(stations))).order_by(StationLatest.symbol)
    for row in session.scalars(asked):
        found.setdefault(row.station_id, []).append(row)
    return found


def series(session: Session, station_id: int, symbol: str, since: float, until: float, buckets: int) -> list[Bucket]:
    """Good values between two times in at most so many buckets; a gap is a missing bucket."""
    width = (until - since) / buckets
    number = cast(func.floor((StationValue.at - since) / width), Integer)
    asked = (
        select(
            number.label("number"),
            func.min(StationValue.value),
            func.avg(StationValue.value),
            func.max(StationValue.value),
            func.count(),
        )
        .where(*_good(station_id, symbol), StationValue.at >= since, StationValue.at < until)
        .group_by("number")
        .order_by("number")
    )
    return [
        Bucket(since + (at + 0.5) * width, low, mean, high, count)
        for at, low, mean, high, count in session.execute(asked)
    ]


def mean(session: Session, station_id: int, symbol: str, since: float, until: float) -> tuple[float | None, int]:
    """The mean of the good values after `since` up to `until`, and how many there are."""
    asked = select(func.avg(StationValue.value), func.count()).where(
        *_good(station_id, symbol), StationValue.at > since, StationValue.at <= until
    )
    value, count = session.execute(asked).one()
    return value, count


def cycles(session: Session, station: Station, since: int, until: int) -> dict[str, tuple[int, int, int | None]]:
    """For each parameter, in how many cycles of the station lines came, in how many good ones, and the first line's time."""
    cycle = StationValue.at // station.interval_s
    good = func.count(distinct(cycle)).filter(StationValue.status == MEASURING)
    asked = (
        select(StationValue.symbol, func.count(distinct(cycle)), good, func.min(StationValue.at))
        .where(StationValue.station_id == station.id, StationValue.at >= since, StationValue.at < until)
        .group_by(StationValue.symbol)
    )
    return {symbol: (received, fine, first) for symbol, received, fine, first in session.execute(asked)}


def lines_between(session: Session, station_id: int, after: float, until: float) -> list[Line]:
    """The lines after one time up to another, oldest first."""
    asked = (
        select(StationValue)
        .where(StationValue.station_id == station_id, StationValue.at > after, StationValue.at <= until)
        .order_by(StationValue.at, StationValue.symbol)
    )
    return [
        Line(symbol=row.symbol, value=row.value, unit=row.unit, at=row.at, status=row.status)
        for row in session.scalars(asked)
    ]


def open_flags(session: Session, stations: Iterable[int]) -> dict[int, list[StationFlag]]:
    """The flags that stand, by station."""
    found: dict[int, list[StationFlag]] = {}
    asked = (
        select(StationFlag)
        .where(StationFlag.station_id.in_(list(stations)), StationFlag.closed_at.is_(None))
        .order_by(StationFlag.symbol, StationFlag.over_h)
    )
    for row in session.scalars(asked):
        found.setdefault(row.station_id, []).append(row)
    return found


def flags(session: Session, station_id: int, limit: int) -> Sequence[StationFlag]:
    """A station's newest flags, newest first."""
    asked = select(StationFlag).where(StationFlag.station_id == station_id)
    return session.scalars(asked.order_by(StationFlag.opened_at.desc(), StationFlag.id.desc()).limit(limit)).all()


def _good(station_id: int, symbol: str) -> tuple[Any, ...]:
    return (
        StationValue.station_id == station_id,
        StationValue.symbol == symbol,
        StationValue.status == MEASURING,
        StationValue.value.is_not(None),
    )


def is_in(session: Session, code: str, codes: Select[Any]) -> bool:
    """True when a code is one of these."""
    return bool(session.scalar(select(literal(code).in_(codes))))

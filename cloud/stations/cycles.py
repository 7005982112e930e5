"""Cycles: what a station or a pond's node measured in each stretch of some minutes, as lines of the national file."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from cloud.farms import repository as farms
from cloud.stations import repository
from cloud.stations.national_file import MEASURING, Line
from cloud.stations.symbols import NATIONAL
from cloud.telemetry.history import series

DIGITS = 3

Cycles = dict[int, list[Line]]
Source = Callable[[Session, int, int, int], Cycles]
"""Session, the cycle's length, and the ends of the first and last cycle (whole Unix seconds, multiples of the length)."""


def of_node(gateway_id: str, node: str) -> Source:
    """The means of a node's good readings; a cycle without any has no line."""

    def found(session: Session, every_s: int, first: int, last: int) -> Cycles:
        since, buckets = first - every_s, (last - first) // every_s + 1
        ended: dict[int, dict[str, Line]] = {}
        for quantity, (symbol, unit) in NATIONAL.items():
            for bucket in series(session, gateway_id, node, quantity, since, last, buckets):
                end = since + (int((bucket.at - since) // every_s) + 1) * every_s
                value = round(bucket.mean, DIGITS)
                line = Line(symbol=symbol, value=value, unit=unit, at=end, status=MEASURING)
                ended.setdefault(end, {}).setdefault(symbol, line)
        return {end: list(symbols.values()) for end, symbols in ended.items()}

    return found


def of_station(station_id: int) -> Source:
    """A station's lines: good means, and where nothing was good, the newest line with its status."""

    def found(session: Session, every_s: int, first: int, last: int) -> Cycles:
        grouped: dict[int, dict[str, list[Line]]] = {}
        for line in repository.lines_between(session, station_id, first - every_s, last):
            end = -(-line.at // every_s) * every_s
            grouped.setdefault(end, {}).setdefault(line.symbol, []).append(line)
        return {end: [_joined(lines, end) for lines in symbols.values()] for end, symbols in grouped.items()}

    return found


def of_code(code: str) -> Source:
    """The lines of the station of a code; none while there is none."""

    def found(session: Session, every_s: int, first: int, last: int) -> Cycles:
        station = repository.by_code(session, code)
        return of_station(station.id)(session, every_s, first, last) if station else {}

    return found


def of_pond(farm: str, key: str) -> Source:
    """The means of a pond's node; none while the farm has not described it."""

    def found(session: Session, every_s: int, first: int, last: int) -> Cycles:
        nodes = [pond.node for pond in farms.ponds_of(session, farm) if pond.key == key and pond.node]
        return of_node(farm, nodes[0])(session, every_s, first, last) if nodes else {}

    return found


def renamed(lines: list[Line], names: Mapping[str, str]) -> list[Line]:
    """Lines with a receiver's own symbols."""
    return [
        Line(
            symbol=names.get(line.symbol, line.symbol), value=line.value, unit=line.unit, at=line.at, status=line.status
        )
        for line in lines
    ]


def _joined(lines: list[Line], end: int) -> Line:
    newest = lines[-1]
    good = [line.good for line in lines if line.good is not None]
    value = round(sum(good) / len(good), DIGITS) if len(good) > 1 else good[0] if good else newest.value
    return Line(
        symbol=newest.symbol,
        value=value,
        unit=newest.unit,
        at=end,
        status=MEASURING if good else newest.status,
    )

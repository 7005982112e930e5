"""Cycles: what a station or a pond's node measured in each stretch of some minutes, as lines of the national file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from cloud.farms import repository as farms
from cloud.stations import repository
from cloud.stations.national_file import CALIBRATING, ERROR, MEASURING, Line
from cloud.stations.symbols import NATIONAL
from cloud.telemetry.history import samples
from hardware.registers import REASON_CALIBRATING

DIGITS = 3
GOOD = 0

Cycles = dict[int, list[Line]]
Source = Callable[[Session, int, int, int], Cycles]
"""Session, the cycle's length, and the ends of the first and last cycle (whole Unix seconds, multiples of the length)."""


def of_node(gateway_id: str, node: str) -> Source:
    """A node's means: of its good readings, else of those while a probe was calibrated, else an error without a value."""

    def found(session: Session, every_s: int, first: int, last: int) -> Cycles:
        read: dict[int, dict[str, _Readings]] = {}
        for sample in samples(session, gateway_id, node, first - every_s, last):
            end = (int(sample.taken_at) // every_s + 1) * every_s
            cycle = read.setdefault(end, {})
            for quantity, value, quality, reason in sample.readings:
                if quantity in NATIONAL:
                    cycle.setdefault(quantity, _Readings()).take(value, quality, reason)
        return {end: _lines(cycle, end) for end, cycle in read.items()}

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


@dataclass(slots=True)
class _Readings:
    """One quantity's readings of a cycle."""

    good: list[float] = field(default_factory=list)
    calibrating: list[float] = field(default_factory=list)

    def take(self, value: float | None, quality: int, reason: int) -> None:
        """Sort one reading."""
        if value is None:
            return
        if quality == GOOD:
            self.good.append(value)
        elif reason == REASON_CALIBRATING:
            self.calibrating.append(value)

    def line(self, symbol: str, unit: str, end: int) -> Line:
        """What the cycle says of it."""
        values = self.good or self.calibrating
        status = MEASURING if self.good else CALIBRATING if self.calibrating else ERROR
        value = round(sum(values) / len(values), DIGITS) if values else None
        return Line(symbol=symbol, value=value, unit=unit, at=end, status=status)


def _lines(cycle: Mapping[str, _Readings], end: int) -> list[Line]:
    """A line a symbol: where water and air are both measured, Temp is the water's."""
    found: dict[str, Line] = {}
    for quantity, (symbol, unit) in NATIONAL.items():
        if quantity in cycle:
            found.setdefault(symbol, cycle[quantity].line(symbol, unit, end))
    return list(found.values())


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

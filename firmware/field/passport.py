"""Entries of a calibration passport: what a node keeps of each calibration, and what is shown of it."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from firmware.field.curves import Point, Segment, apply, curve_of
from firmware.field.frame import Trouble

DUE_DAYS = {"do_1": 30, "do_2": 90, "ph_2": 30, "ph_3": 30, "ec_1": 60, "offset": 180}
DAY_S = 86400


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One calibration. Times are seconds since 1970 by the technician's clock; values in the channel's unit."""

    kind: str
    points: tuple[Point, ...]
    curve: tuple[Segment, ...]
    who: str
    when: int
    standard: str
    temperature_c: float | None
    salinity_psu: float
    pressure_hpa: float
    before: float
    after: float
    due: int

    def document(self) -> bytes:
        """As the node takes it."""
        return json.dumps(asdict(self)).encode()


@dataclass(frozen=True, kw_only=True)
class Water:
    """What surrounded the probe."""

    temperature_c: float | None
    salinity_psu: float
    pressure_hpa: float


@dataclass(frozen=True, kw_only=True)
class Passport:
    """The calibrations of one channel, newest first."""

    key: str = ""
    entries: tuple[dict[str, Any], ...] = field(default=())

    @property
    def curve(self) -> list[Segment]:
        """The curve in use."""
        if not self.entries:
            return []
        return [(float(low), float(gain), float(offset)) for low, gain, offset in self.entries[0]["curve"]]


def read_passport(document: bytes, channel: int) -> Passport:
    """The passport in a node's document; Trouble when it makes no sense."""
    if not document:
        return Passport()
    try:
        found = json.loads(document)
        return Passport(key=str(found["key"]), entries=tuple(found["entries"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble("E-NODE-42", channel=channel) from error


def make_entry(
    kind: str, points: list[Point], before: Passport, water: Water, *, who: str, wall_s: int, standard: str
) -> Entry:
    """An entry from its points; BadPoints when no healthy probe reads so. Before and after are at the last point."""
    curve = curve_of(kind, points)
    raw = points[-1][0]
    return Entry(
        kind=kind,
        points=tuple(points),
        curve=tuple(curve),
        who=who,
        when=wall_s,
        standard=standard,
        temperature_c=water.temperature_c,
        salinity_psu=water.salinity_psu,
        pressure_hpa=water.pressure_hpa,
        before=apply(before.curve, raw),
        after=apply(curve, raw),
        due=wall_s + DUE_DAYS[kind] * DAY_S,
    )

"""The map of the Modbus TCP server: what stands where, in one place for the server and for docs/neighbours.md."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.farm import Farm, PondSettings
from gateway.neighbours.view import BAD, QUALITIES, Value, active, alarms_of, values_of

MAP_VERSION = 1
FIRST_POND, PER_POND = 100, 40
ABSENT, UNKNOWN_AGE = 0x8000, 0xFFFF
LEVELS = ("ok", "watch", "danger", "lost")

Pond = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register: its place, what it means, and how it comes out of what is known; None is absent."""

    at: int
    text: str
    read: Callable[[Any], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PondView:
    """A pond as its registers need it; `pond` is None while control does not speak of it."""

    settings: PondSettings
    pond: Pond | None
    alarms: int

    def value(self, symbol: str) -> Value | None:
        """A quantity's value; None when the pond does not measure it."""
        values = values_of(self.pond) if self.pond else []
        return next((value for value in values if value.quantity.symbol == symbol), None)

    def bits(self, holds: Callable[[Pond], bool]) -> int:
        """One bit for each aerator, number 1 the lowest."""
        rows = self.pond["machines"] if self.pond else []
        return sum(1 << (row["number"] - 1) for row in rows if holds(row))


def _scaled(symbol: str, factor: int) -> Callable[[PondView], int | None]:
    def read(view: PondView) -> int | None:
        found = view.value(symbol)
        return None if found is None or found.value is None else round(found.value * factor)

    return read


def _quality(symbol: str) -> Callable[[PondView], int]:
    def read(view: PondView) -> int:
        found = view.value(symbol)
        return QUALITIES.index(BAD if found is None else found.quality)

    return read


def _age(view: PondView) -> int:
    age_s = view.pond["age_s"] if view.pond else None
    return UNKNOWN_AGE if age_s is None else min(UNKNOWN_AGE - 1, round(age_s))


def _level(view: PondView) -> int:
    fresh = _quality("do_mg_l")(view) == 0
    return LEVELS.index(view.pond["level"] if view.pond and fresh else "lost")


HOUSE = (
    Register(at=0, text=f"version of this map ({MAP_VERSION})", read=lambda _: MAP_VERSION),
    Register(at=1, text="number of ponds", read=lambda seen: seen[0]),
    Register(at=2, text="1 while the control process speaks; 0: believe nothing below", read=lambda seen: seen[1]),
    Register(at=3, text="active alarms of the farm", read=lambda seen: seen[2]),
    Register(at=4, text="1 while the siren sounds", read=lambda seen: seen[3]),
)
POND = (
    Register(at=0, text="dissolved oxygen, mg/L x 100", read=_scaled("do_mg_l", 100)),
    Register(at=1, text="its quality: 0 good, 1 uncertain, 2 bad", read=_quality("do_mg_l")),
    Register(at=2, text="age of the newest reading in seconds, 65535 unknown", read=_age),
    Register(at=3, text="state: 0 ok, 1 watch, 2 danger, 3 lost", read=_level),
    Register(at=4, text="setpoint, mg/L x 100", read=lambda view: round(view.settings.setpoint * 100)),
    Register(at=5, text="alarm level, mg/L x 100", read=lambda view: round(view.settings.alarm_low * 100)),
    Register(at=6, text="temperature, °C x 100", read=_scaled("temperature_c", 100)),
    Register(at=7, text="its quality", read=_quality("temperature_c")),
    Register(at=8, text="salinity, psu x 100", read=_scaled("salinity_psu", 100)),
    Register(at=9, text="its quality", read=_quality("salinity_psu")),
    Register(at=10, text="pH x 100", read=_scaled("ph", 100)),
    Register(at=11, text="its quality", read=_quality("ph")),
    Register(at=12, text="oxygen saturation, % x 10", read=_scaled("do_sat", 10)),
    Register(at=13, text="its quality", read=_quality("do_sat")),
    Register(at=14, text="aerators that run, bit 0 is number 1", read=lambda v: v.bits(lambda m: m["running"] is True)),
    Register(
        at=15,
        text="aerators of which that is known",
        read=lambda v: v.bits(lambda m: m["running"] is not None),
    ),
    Register(at=16, text="aerators that shall run", read=lambda v: v.bits(lambda m: m["wanted"] is True)),
    Register(at=17, text="aerators set by hand", read=lambda v: v.bits(lambda m: bool(m["override"]))),
    Register(at=18, text="aerators that fail", read=lambda v: v.bits(lambda m: bool(m["failed"]))),
    Register(at=19, text="active alarms of the pond", read=lambda view: view.alarms),
)


def length(farm: Farm) -> int:
    """How many registers there are."""
    return FIRST_POND + PER_POND * len(farm.pond)


def registers(farm: Farm, snapshot: dict[str, Any] | None) -> list[int]:
    """All registers from address 0."""
    words = [0] * length(farm)
    alarms = alarms_of(snapshot) if snapshot else []
    siren = bool(snapshot and snapshot.get("alarms", {}).get("siren"))
    house = (len(farm.pond), int(snapshot is not None), len(active(alarms)), int(siren))
    for register in HOUSE:
        words[register.at] = _word(register.read(house))
    known = {pond["id"]: pond for pond in snapshot["ponds"]} if snapshot else {}
    for number, settings in enumerate(farm.pond):
        view = PondView(settings=settings, pond=known.get(settings.id), alarms=len(active(alarms, settings.id)))
        for register in POND:
            words[FIRST_POND + PER_POND * number + register.at] = _word(register.read(view))
    return words


def _word(value: int | None) -> int:
    """Signed 16 bits; what does not fit is as good as absent."""
    if value is None or not -0x7FFF <= value <= 0xFFFF:
        return ABSENT
    return value & 0xFFFF

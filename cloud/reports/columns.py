"""The columns of a report's tables: what stands in each, in how many digits. XLSX, PDF and pages share them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from cloud.reports.lines import AreaDay, AreaLine, DayLine, PondLine, Span
from cloud.telemetry.summary import QuantityDay
from gateway.text import Text
from hardware.quantities import DO, PH, SALINITY, TEMPERATURE

Line = TypeVar("Line")
Cell = str | float | date | None

DIGITS = {DO.symbol: 2, TEMPERATURE.symbol: 1, SALINITY.symbol: 1, PH.symbol: 2}
SHORT = {DO.symbol: "do", TEMPERATURE.symbol: "temperature", SALINITY.symbol: "salinity", PH.symbol: "ph"}
PARTS = ("low", "mean", "high")


@dataclass(frozen=True)
class Column(Generic[Line]):
    """One column: its key in the catalogue and what stands in it; `text` is its width in characters, 0 of numbers."""

    key: str
    value: Callable[[Line], Cell]
    digits: int = 0
    text: int = 0

    def title(self, words: Text) -> str:
        """What stands above it, with the unit."""
        return words(f"reports.column.{self.key}")

    def short(self, words: Text) -> str:
        """The title where there is little room; oxygen is in mg/L there."""
        key = f"reports.short.{self.key}"
        return words(key) if words.has(key) else self.title(words)

    def shown(self, line: Line, words: Text) -> str:
        """The cell as text in the language's notation."""
        value = self.value(line)
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        return value if isinstance(value, str) else words.number(value, self.digits)


def _part(quantity: str, part: str) -> Callable[[Any], Cell]:
    def value(line: Any) -> Cell:
        span: Span | QuantityDay | None = line.water.get(quantity)
        return None if span is None else getattr(span, part)

    return value


def _water(quantity: str) -> list[Column[Any]]:
    return [Column(f"{SHORT[quantity]}_{part}", _part(quantity, part), DIGITS[quantity]) for part in PARTS]


def _percent(line: Any) -> Cell:
    return None if line.complete is None else 100 * line.complete


WATER_COLUMNS: list[Column[Any]] = [column for quantity in DIGITS for column in _water(quantity)]


def alarms_of(line: PondLine) -> float | None:
    """How many in all; None where the farmer does not show them."""
    return None if line.alarms is None else sum(line.alarms.values())


def area_columns() -> list[Column[AreaLine]]:
    """Of a commune, or of all."""
    return [
        Column("commune", lambda line: line.name, text=26),
        Column("farms", lambda line: line.farms),
        Column("ponds", lambda line: line.ponds),
        Column("without_data", lambda line: line.without_data),
        Column("low_ponds", lambda line: line.low_ponds),
        Column("low_days", lambda line: line.low_days),
        Column("below_h", lambda line: line.below_h, 1),
        *WATER_COLUMNS,
        Column("complete", _percent),
        Column("alarms", lambda line: sum(line.alarms.values())),
        Column("kwh", lambda line: line.kwh),
    ]


def pond_columns(lowest_at: Callable[[float | None], str], communes: dict[str, str]) -> list[Column[PondLine]]:
    """Of one pond over the period."""
    return [
        Column("commune", lambda line: communes.get(line.pond.commune, line.pond.commune), text=22),
        Column("farm", lambda line: line.pond.farm, text=26),
        Column("pond", lambda line: line.pond.name, text=16),
        Column("first", lambda line: line.first, text=12),
        Column("last", lambda line: line.last, text=12),
        Column("low_days", lambda line: line.low_days),
        Column("below_h", lambda line: line.below_h, 1),
        *WATER_COLUMNS[:3],
        Column("lowest_at", lambda line: lowest_at(line.lowest_at), text=13),
        *WATER_COLUMNS[3:],
        Column("seen_days", lambda line: line.seen_days),
        Column("complete", _percent),
        Column("alarms", alarms_of),
        Column("kwh", lambda line: line.kwh),
        Column("harvest_kg", lambda line: line.harvest_kg),
        Column("fcr", lambda line: line.fcr, 2),
        Column("survival", lambda line: None if line.survival is None else 100 * line.survival),
    ]


def day_columns(lowest_at: Callable[[float | None], str], communes: dict[str, str]) -> list[Column[DayLine]]:
    """Of one pond on one day."""
    return [
        Column("day", lambda line: line.day, text=12),
        Column("commune", lambda line: communes.get(line.pond.commune, line.pond.commune), text=22),
        Column("farm", lambda line: line.pond.farm, text=26),
        Column("pond", lambda line: line.pond.name, text=16),
        Column("below_h", lambda line: line.below_h, 1),
        *WATER_COLUMNS[:3],
        Column("lowest_at", lambda line: lowest_at(line.lowest_at), text=13),
        *WATER_COLUMNS[3:],
        Column("complete", _percent),
    ]


def all_day_columns() -> list[Column[AreaDay]]:
    """Of all ponds on one day."""
    return [
        Column("day", lambda line: line.day, text=12),
        Column("with_data", lambda line: line.ponds),
        Column("do_low", lambda line: line.oxygen.low if line.oxygen else None, 2),
        Column("do_mean", lambda line: line.oxygen.mean if line.oxygen else None, 2),
        Column("low_ponds", lambda line: line.low_ponds),
        Column("below_h", lambda line: line.below_h, 1),
    ]


def commune_day_columns() -> list[Column[AreaDay]]:
    """Of a commune's ponds on one day."""
    return [Column("commune", lambda line: line.name, text=26), *all_day_columns()]


def alarm_title(kind: str, words: Text) -> str:
    """An alarm's kind in words."""
    key = f"alarm.{kind}.title"
    return words(key) if words.has(key) else words(f"reports.alarm.{kind}")

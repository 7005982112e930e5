"""The lines of a report, and what they are made of: pages, XLSX and PDF print from these and compute nothing themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from cloud.reports.periods import Period
from cloud.telemetry.summary import QuantityDay
from hardware.quantities import DO, PH, SALINITY, TEMPERATURE

LOW_MG_L = 3.0
WATER = (DO.symbol, TEMPERATURE.symbol, SALINITY.symbol, PH.symbol)


@dataclass(frozen=True, slots=True)
class PondFacts:
    """A pond and where it lies; `alarms_seen` is False where its farmer shows officers no alarms."""

    id: int
    gateway_id: str
    key: str
    node: str | None
    name: str
    farm: str
    commune: str
    kind: str = ""
    area_m2: float | None = None
    alarms_seen: bool = True


@dataclass(frozen=True, slots=True)
class Span:
    """Lowest, mean and highest."""

    low: float
    mean: float
    high: float


@dataclass(frozen=True, slots=True)
class DayLine:
    """One pond on one local day; `complete` is the share (0 to 1) of the expected oxygen readings that are there."""

    pond: PondFacts
    day: date
    water: Mapping[str, QuantityDay]
    lowest_at: float | None
    below_h: float | None
    complete: float | None

    @property
    def low(self) -> bool:
        """Oxygen was under the limit."""
        return DO.symbol in self.water and self.water[DO.symbol].low < LOW_MG_L


@dataclass(frozen=True, slots=True)
class PondLine:
    """One pond over a period; of a crop, `first` and `last` are that crop's own days. None is what is not known."""

    pond: PondFacts
    first: date
    last: date
    water: Mapping[str, Span]
    lowest_at: float | None
    low_days: int
    below_h: float | None
    seen_days: int
    complete: float | None
    kwh: float | None
    alarms: Mapping[str, int] | None
    days: Sequence[DayLine] = field(repr=False)
    fcr: float | None = None
    survival: float | None = None
    harvest_kg: float | None = None


@dataclass(frozen=True, slots=True)
class AreaLine:
    """Ponds of one commune, or all of them, over a period; `low_days` counts each pond's days."""

    code: str
    name: str
    farms: int
    ponds: int
    without_data: int
    water: Mapping[str, Span]
    low_ponds: int
    low_days: int
    below_h: float | None
    complete: float | None
    kwh: float | None
    alarms: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AreaDay:
    """The ponds of one commune, or of the whole report, on one local day."""

    name: str
    day: date
    ponds: int
    oxygen: Span | None
    low_ponds: int
    below_h: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """A report: of an area over a period, as known at `made_at` (Unix seconds).

    `withheld` is how many farms of the area do not show officers their water.
    """

    area: str
    province: str
    period: Period
    made_at: float
    withheld: int
    ponds: Sequence[PondLine]
    communes: Sequence[AreaLine]
    total: AreaLine
    days: Sequence[AreaDay]
    commune_days: Sequence[AreaDay]

    @property
    def without_data(self) -> list[PondLine]:
        """The ponds of which there is not one reading."""
        return [line for line in self.ponds if not line.seen_days]

    @property
    def worst(self) -> list[PondLine]:
        """The ponds that were under the limit, the longest and lowest first."""
        low = [line for line in self.ponds if line.low_days]
        return sorted(low, key=lambda line: (-(line.below_h or 0), -line.low_days, line.water[DO.symbol].low))

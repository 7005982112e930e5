"""The water of the demo's ponds: what is true, whatever the farm believes.

Times are hours of pond time since midnight of the first day; oxygen is in mg/L.
"""

import bisect
import csv
import math
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Protocol

from hardware.water import oxygen_solubility_mg_l

LONGEST_STEP_H = 1 / 60
RECORD_FIRST_DAY = datetime(2021, 7, 5)  # noqa: DTZ001 - the record is in local standard time
RECORD_DAYS = 7
OXYGEN_AT_20_C = 9.092


@dataclass(frozen=True, kw_only=True)
class Aerators:
    """Machines of one pond; `alpha` is the share of clean-water transfer that this water allows."""

    count: int
    power_kw: float
    current_a: float
    kg_o2_per_kwh: float = 1.2
    alpha: float = 0.9


@dataclass(frozen=True, kw_only=True)
class Basin:
    """Size and load of one pond."""

    area_m2: float
    depth_m: float
    stock_t_per_ha: float

    @property
    def volume_m3(self) -> float:
        """Water volume."""
        return self.area_m2 * self.depth_m

    @property
    def stock_kg_per_m3(self) -> float:
        """Shrimp in the water."""
        return self.stock_t_per_ha * 0.1 / self.depth_m


class Biology(Protocol):
    """What lives in a pond, without its aerators."""

    def temperature_c(self, hour: float) -> float: ...
    def salinity_psu(self, hour: float) -> float: ...
    def ph(self, hour: float) -> float: ...
    def start_do_mg_l(self, hour: float) -> float: ...
    def rate_mg_l_h(self, hour: float, do_mg_l: float) -> float: ...


class Pond:
    """One mixed layer of water: dC/dt = biology + aerators x alpha x SOTR x 1.024^(T-20) (Cs - C) / Cs20 / V."""

    def __init__(self, basin: Basin, biology: Biology, aerators: Aerators | None, hour: float) -> None:
        self.basin = basin
        self.biology = biology
        self.aerators = aerators
        self.hour = hour
        self.do_mg_l = biology.start_do_mg_l(hour)

    @property
    def temperature_c(self) -> float:
        """Water temperature now."""
        return self.biology.temperature_c(self.hour)

    @property
    def salinity_psu(self) -> float:
        """Salinity now."""
        return self.biology.salinity_psu(self.hour)

    @property
    def saturation(self) -> float:
        """Oxygen as a share of what the water holds in balance with air."""
        return self.do_mg_l / oxygen_solubility_mg_l(self.temperature_c, self.salinity_psu)

    def step(self, hours: float, running: int) -> None:
        """Let time pass with so many aerators running; exact in the aerators' term for each minute."""
        while hours > 0:
            part = min(hours, LONGEST_STEP_H)
            hours -= part
            gain = self._transfer_per_h() * running
            full = oxygen_solubility_mg_l(self.temperature_c, self.salinity_psu)
            rate = self.biology.rate_mg_l_h(self.hour, self.do_mg_l)
            if gain > 0:
                goal = full + rate / gain
                self.do_mg_l = goal + (self.do_mg_l - goal) * math.exp(-gain * part)
            else:
                self.do_mg_l += rate * part
            self.do_mg_l = max(0.0, self.do_mg_l)
            self.hour += part

    def _transfer_per_h(self) -> float:
        machines = self.aerators
        if machines is None:
            return 0.0
        sotr_g_h = machines.power_kw * machines.kg_o2_per_kwh * 1000
        field: float = machines.alpha * sotr_g_h * 1.024 ** (self.temperature_c - 20)
        return field / OXYGEN_AT_20_C / self.basin.volume_m3


class Biofloc:
    """A lined biofloc pond: floc and shrimp breathe day and night, algae add little."""

    def __init__(self, basin: Basin) -> None:
        self._stock_kg_per_m3 = basin.stock_kg_per_m3

    def temperature_c(self, hour: float) -> float:
        """Warmest in the afternoon."""
        return 29.0 + 1.0 * math.cos((hour - 16) / 24 * 2 * math.pi)

    def salinity_psu(self, hour: float) -> float:  # noqa: ARG002
        """Steady."""
        return 15.0

    def ph(self, hour: float) -> float:
        """Nearly steady."""
        return 7.6 + 0.1 * math.cos((hour - 16) / 24 * 2 * math.pi)

    def start_do_mg_l(self, hour: float) -> float:  # noqa: ARG002
        """A well-aired afternoon."""
        return 5.4

    def rate_mg_l_h(self, hour: float, do_mg_l: float) -> float:
        """Photosynthesis less floc, less shrimp (0.55 W^-0.25 x 1.065^(T-28) mg/g/h at 15 g)."""
        light = max(0.0, math.sin((hour % 24 - 6) / 12 * math.pi))
        warm: float = 1.065 ** (self.temperature_c(hour) - 28)
        shrimp = 0.55 * 15**-0.25 * warm * self._stock_kg_per_m3
        floc = 1.9 * warm
        breathing = (shrimp + floc) * min(1.0, do_mg_l / 1.0)
        return 0.8 * light - breathing


@dataclass(frozen=True)
class Row:
    """One quarter of an hour of the real record."""

    temperature_c: float
    salinity_psu: float
    do_mg_l: float
    ph: float


class Record:
    """The Grand Bay record of 5 to 11 July 2021, played in a circle; gaps are bridged by straight lines."""

    def __init__(self) -> None:
        self._hours, self._rows = _read_record()

    def at(self, hour: float) -> Row:
        """The record at an hour, between its rows by straight lines."""
        hour = hour % (24 * RECORD_DAYS)
        right = min(max(bisect.bisect_right(self._hours, hour), 1), len(self._hours) - 1)
        left = right - 1
        span = self._hours[right] - self._hours[left]
        share = min(1.0, max(0.0, (hour - self._hours[left]) / span))
        a, b = self._rows[left], self._rows[right]
        return Row(
            a.temperature_c + (b.temperature_c - a.temperature_c) * share,
            a.salinity_psu + (b.salinity_psu - a.salinity_psu) * share,
            a.do_mg_l + (b.do_mg_l - a.do_mg_l) * share,
            a.ph + (b.ph - a.ph) * share,
        )


def _read_record() -> tuple[list[float], list[Row]]:
    text = resources.files("hardware.twin").joinpath("data/grand_bay_2021.csv").read_text()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    hours: list[float] = []
    rows: list[Row] = []
    for line in csv.DictReader(lines):
        hour = (datetime.fromisoformat(line["time"]) - RECORD_FIRST_DAY).total_seconds() / 3600
        cells = [line[name] for name in ("temp_c", "salinity_psu", "do_mg_l", "ph")]
        if 0 <= hour <= 24 * RECORD_DAYS and all(cells):
            hours.append(hour)
            rows.append(Row(*(float(cell) for cell in cells)))
    return hours, rows


class Replayed:
    """Biology taken from the record: net rate = dC/dt - k/z (Cs - C), less the shrimp of this pond."""

    exchange_m_h = 0.02
    record_depth_m = 0.6

    def __init__(self, basin: Basin, record: Record) -> None:
        self._basin = basin
        self._record = record

    def temperature_c(self, hour: float) -> float:
        """As measured."""
        return self._record.at(hour).temperature_c

    def salinity_psu(self, hour: float) -> float:
        """As measured."""
        return self._record.at(hour).salinity_psu

    def ph(self, hour: float) -> float:
        """As measured."""
        return self._record.at(hour).ph

    def start_do_mg_l(self, hour: float) -> float:
        """As measured."""
        return self._record.at(hour).do_mg_l

    def rate_mg_l_h(self, hour: float, do_mg_l: float) -> float:
        """The record's own biology, this pond's exchange with air, this pond's shrimp."""
        row = self._record.at(hour)
        slope = (self._record.at(hour + 0.5).do_mg_l - self._record.at(hour - 0.5).do_mg_l) / 1.0
        full = oxygen_solubility_mg_l(row.temperature_c, row.salinity_psu)
        biology = slope - self.exchange_m_h / self.record_depth_m * (full - row.do_mg_l)
        shrimp = 0.28 * self._basin.stock_kg_per_m3 * min(1.0, do_mg_l)
        return biology + self.exchange_m_h / self._basin.depth_m * (full - do_mg_l) - shrimp


class Played(Pond):
    """A pond that is watched only: its oxygen is the record's."""

    def __init__(self, basin: Basin, biology: Biology, hour: float) -> None:
        super().__init__(basin, biology, None, hour)

    def step(self, hours: float, running: int) -> None:  # noqa: ARG002
        """Let time pass."""
        self.hour += hours
        self.do_mg_l = self.biology.start_do_mg_l(self.hour)

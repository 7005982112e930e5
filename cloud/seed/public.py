"""The public network: stations in water and air with hourly lines, and a display board."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.boards import repository as boards
from cloud.seed.plan import Plan
from cloud.stations import repository
from cloud.stations.flags import judge
from cloud.stations.models import Station
from cloud.stations.national_file import MEASURING, Line

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Parameter:
    """Symbol and unit of the national file, the usual value, how far a day and chance move it."""

    symbol: str
    unit: str
    usual: float
    swing: float
    chance: float


WATER = (
    Parameter("Temp", "°C", 29.0, 1.2, 0.1),
    Parameter("pH", "-", 7.8, 0.2, 0.05),
    Parameter("DO", "mg/L", 5.6, 1.4, 0.2),
    Parameter("Sal", "‰", 14.0, 0.5, 0.3),
    Parameter("TSS", "mg/L", 45.0, 5.0, 4.0),
    Parameter("NH4", "mg/L", 0.3, 0.05, 0.03),
)
AIR = (
    Parameter("SO2", "µg/m3", 20.0, 5.0, 2.0),
    Parameter("CO", "µg/m3", 900.0, 200.0, 60.0),
    Parameter("NO2", "µg/m3", 30.0, 12.0, 3.0),
    Parameter("O3", "µg/m3", 60.0, 30.0, 5.0),
    Parameter("PM2,5", "µg/m3", 30.0, 8.0, 4.0),
    Parameter("PM10", "µg/m3", 50.0, 12.0, 5.0),
)
# Code, name, kind, latitude, longitude, preset; the places are real, the stations are not.
STATIONS = (
    ("HON-DAT", "Kênh Hòn Đất", "aquaculture", 10.19, 104.92, "qcvn-02-19-2014"),
    ("KIEN-LUONG", "Kiên Lương", "aquaculture", 10.25, 104.64, "qcvn-02-19-2014"),
    ("AN-BIEN", "An Biên", "aquaculture", 9.81, 105.06, "qcvn-02-19-2014"),
    ("CAI-LON", "Sông Cái Lớn", "river", 9.86, 105.15, ""),
    ("TIEN-HAI", "Lồng bè Tiên Hải", "sea_cage", 10.30, 104.34, ""),
    ("RACH-GIA", "Không khí Rạch Giá", "air", 10.01, 105.08, "qcvn-05-2023"),
)
SICK = "KIEN-LUONG"
"""The station whose oxygen has fallen below its limit."""


def make(session: Session, plan: Plan, communes: list[str], officer: Asking, now_s: float) -> None:
    """Stations, and one board that shows the first three."""
    chance = random.Random(1)
    made = []
    for place, (code, name, kind, latitude, longitude, preset) in enumerate(STATIONS):
        values = {
            "code": code, "name": name, "kind": kind, "commune": communes[place % len(communes)], "latitude": latitude,
            "longitude": longitude, "gateway_id": None, "node": None, "interval_s": HOUR_S, "preset": preset,
        }  # fmt: skip
        station = repository.add(session, values, now_s - plan.days * 86400)
        repository.store(session, station.id, list(_lines(station, plan.days, chance, now_s)), now_s)
        judge(session, station, now_s)
        made.append(station.id)
    boards.make(session, "Bảng thử", communes[0], made[:3], officer.who, now_s)


def _lines(station: Station, days: int, chance: random.Random, now_s: float) -> Iterator[Line]:
    newest = int(now_s // HOUR_S) * HOUR_S
    for at in range(newest - days * 86400 + HOUR_S, newest + 1, HOUR_S):
        by_day = math.cos((at / HOUR_S + 7 - 15) / 12 * math.pi)
        for parameter in AIR if station.kind == "air" else WATER:
            value = parameter.usual + parameter.swing * by_day + chance.gauss(0, parameter.chance)
            if station.code == SICK and parameter.symbol == "DO" and at > newest - 86400:
                value -= 3.0
            value = max(0.0, round(value, 2))
            yield Line(symbol=parameter.symbol, value=value, unit=parameter.unit, at=at, status=MEASURING)

"""A province with farms in two communes, an officer of one of them, and a few days of oxygen."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cloud.farms.models import Gateway, Pond
from cloud.reports.periods import midnight_s
from cloud.telemetry.messages import parse_rows
from cloud.telemetry.store import store
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, grant
from tests.cloud.test_telemetry import rows, sample

PROVINCE, COMMUNE, OTHER = "91", "30292", "30307"
TODAY = date(2026, 11, 20)
HOUR_S = 3600


@dataclass
class World:
    """`officer` has one commune in scope, `chief` the province; g1 and g2 lie in that commune, g3 in another of it."""

    cloud: Cloud
    farmer: int
    officer: int
    chief: int

    def measure(self, gateway: str, day: date, values: list[float]) -> None:
        """Hourly oxygen from midnight on."""
        begin_s = midnight_s(day)
        made = [
            sample(
                int(begin_s / HOUR_S) + hour,
                taken_at=begin_s + hour * HOUR_S,
                readings=[["do_mg_l", value, 0, 0], ["temperature_c", 28.0 + hour, 0, 0]],
            )
            for hour, value in enumerate(values)
        ]
        self.take(gateway, rows(*made, batch=f"{gateway}-{day}"))

    def alarm(self, gateway: str, number: int, kind: str, at_s: float, pond: str | None = "ao-1") -> None:
        """A gateway raised an alarm."""
        event: dict[str, Any] = {"number": number, "kind": "alarm_raised", "pond": pond, "detail": {"alarm": kind}}
        self.take(gateway, rows(batch=f"e-{number}", events=[{**event, "at": at_s, "wall_known": True}]))

    def take(self, gateway: str, payload: bytes) -> None:
        with self.cloud.database.write() as session:
            store(session, gateway, parse_rows(payload), self.cloud.time.wall_s)

    def pond(self, gateway: str) -> int:
        """The number of a farm's pond."""
        with self.cloud.database.read() as session:
            return session.query(Pond).filter_by(gateway_id=gateway).one().id


@contextmanager
def make_world(folder: Path) -> Iterator[World]:
    """Noon of the twentieth of November."""
    with make_cloud(folder, "g1", "g2", "g3") as cloud:
        cloud.time.wall_s = midnight_s(TODAY) + 12 * HOUR_S
        with cloud.database.write() as session:
            for gateway, commune in (("g1", COMMUNE), ("g2", COMMUNE), ("g3", OTHER)):
                session.get_one(Gateway, gateway).commune = commune
        farmer = add_person(cloud.database, "farmer", "farmer@example.org", farms=["g1", "g2"])
        other = add_person(cloud.database, "farmer", "other@example.org", farms=["g3"])
        grant(cloud.database, "g1", farmer)
        grant(cloud.database, "g3", other)
        officer = add_person(cloud.database, "officer", "officer@example.org", scope=[("commune", COMMUNE)])
        chief = add_person(cloud.database, "officer", "chief@example.org", scope=[("province", PROVINCE)])
        yield World(cloud, farmer, officer, chief)

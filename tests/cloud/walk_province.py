"""A made-up province with something on each of its pages, and the person of each role in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from PIL import Image

from cloud.accounts import door_repository as doors
from cloud.accounts.access import Role
from cloud.accounts.repository import find
from cloud.alerts import repository as alerts
from cloud.alerts.models import SILENT
from cloud.boards import repository as boards
from cloud.commands import repository as commands
from cloud.reports.models import Sending
from cloud.reports.periods import local_day
from cloud.seed import Plan, seed
from cloud.seed.people import STAFF
from cloud.stations import repository as stations
from cloud.stations.national_file import Line
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser

PROVINCE = Plan(ponds=52, days=2, minutes=30)
COMMUNE = "30292"
HOUR_S = 3600.0


@dataclass
class Walked:
    """`people` are ids by role, `ids` what stands in the addresses of pages."""

    cloud: Cloud
    people: dict[Role, int] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seed(self.cloud.database, PROVINCE, self.now_s)
        with self.cloud.database.read() as session:
            for role, (_, phone) in STAFF.items():
                person = find(session, phone)
                assert person is not None
                self.people[role] = person.id
        self.ids = {"farm_id": "demo-0", "pond_id": 1, "person_id": self.people["officer"]}
        self.ids |= {"station_id": 2, "advisory_id": 1, "draft_id": 2, "incident_id": 1, "number": 1}
        self._let_in()
        self._hear_gateways()
        self._let_salt_in()
        self._tend_the_farm()
        self._send_reports()

    @property
    def now_s(self) -> float:
        """What the cloud's wall clock shows."""
        return self.cloud.time.wall_s

    def http(self, role: Role) -> TestClient:
        """The browser of the person of a role."""
        return browser(self.cloud.app, self.people[role])

    def _let_in(self) -> None:
        """A worker is invited and has not come yet; a machine has a key, a board an address, an area its communes."""
        invited = add_person(self.cloud.database, "worker", "0904444444", name="Cô Út", farms=["demo-0"])
        with self.cloud.database.write() as session:
            self.ids["secret"], _ = doors.invite(session, invited, self.now_s)
            doors.make_token(session, self.people["farmer"], "Máy bơm", "worker", "demo-0", self.now_s)
            _, self.ids["token"] = boards.make(session, "Ủy ban xã", COMMUNE, [1, 2], "Hoa", self.now_s)
        area = {"name": "Vùng ven biển", "communes": [COMMUNE]}
        assert self.http("administrator").post("/areas", data=area).status_code == 303

    def _hear_gateways(self) -> None:
        """One is silent, one was asked to run a machine."""
        args = {"pond": "ao-1", "aerator": 1, "run": True, "minutes": 30.0}
        with self.cloud.database.write() as session:
            alerts.open_one(session, "demo-1", SILENT, self.now_s - 2 * HOUR_S)
            commands.issue(session, "demo-0", "override", args, "Ông Tám", self.now_s)

    def _let_salt_in(self) -> None:
        """The water of two canals grows saltier from day to day, which suggests advice."""
        made = {"kind": "river", "commune": COMMUNE, "latitude": 9.9, "longitude": 105.1, "interval_s": int(HOUR_S)}
        made |= {"preset": "", "gateway_id": None, "node": None}
        salt = [
            Line(symbol="Sal", value=round(8 - hour / 12, 1), unit="‰", at=int(self.now_s - HOUR_S * hour), status="00")
            for hour in range(4 * 24)
        ]
        with self.cloud.database.write() as session:
            for name in ("Kênh Rạch Giá", "Kênh Vĩnh Tế"):
                station = stations.add(session, {**made, "code": name, "name": name}, self.now_s)
                stations.store(session, station.id, salt, self.now_s)

    def _tend_the_farm(self) -> None:
        """The farmer says where the farm lies, shows no water of the other one, answers advice, adds a photo."""
        farmer, photo = self.http("farmer"), BytesIO()
        about = {"owner_name": "Ông Tám", "phone": "0901111111", "commune": COMMUNE}
        assert farmer.post("/farms/demo-0/about", data=about).status_code == 303
        assert farmer.post("/farms/demo-1/sharing", data={"kind": "water", "granted": "no"}).status_code == 303
        assert farmer.post("/api/advisories/1/answers", json={"text": "Đã đóng cống."}).status_code == 201
        Image.new("RGB", (64, 48), "#1c4a35").save(photo, "PNG")
        kept = farmer.put("/api/incidents/1/photo", content=photo.getvalue(), headers={"Content-Type": "image/png"})
        assert kept.status_code < 300, kept.text

    def _send_reports(self) -> None:
        """One each week; the last could not be sent."""
        wish = {"area": "province:91", "period": "week", "recipients": ["so.nn@example.org"]}
        made = self.http("officer").post("/api/reports/schedules", json=wish)
        assert made.status_code == 201, made.text
        last = local_day(self.now_s)
        sending = Sending(
            schedule_id=made.json()["id"], first=last - timedelta(days=6), last=last, due_at=self.now_s,
            file="bao-cao.pdf", content=b"x", told="", tries=1, again_at=self.now_s + 600, sent_at=None,
            error="not_taken",
        )  # fmt: skip
        with self.cloud.database.write() as session:
            session.add(sending)


@contextmanager
def walk_province(folder: Path) -> Iterator[Walked]:
    """Made anew."""
    with make_cloud(folder) as cloud:
        yield Walked(cloud)

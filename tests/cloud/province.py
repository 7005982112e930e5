"""A small province: two communes, four farms, officers and farmers, and a browser for each of them."""

import atexit
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from cloud.accounts.models import FarmPerson, Grant, Person, Scope
from cloud.areas.models import ExtensionArea, ExtensionAreaUnit, Unit
from cloud.database import Database, migrate
from cloud.farms.models import Gateway, Pond
from cloud.settings import CloudSettings
from cloud.web.server import make_app
from tests.cloud.people import browser

NOW_S = 1_795_680_000.0
DAY_S = 86400.0
PUBLIC_URL = "https://khuyennong.example"

BA_LIEN, TAN_PHU, FAR_AWAY = "31001", "31002", "99001"
LAN, BAY, CHIN, DUNG, HOA, MINH, ADMIN = 1, 2, 3, 4, 5, 6, 7
PEOPLE = {
    LAN: ("Lan", "officer"),
    BAY: ("Bảy", "farmer"),
    CHIN: ("Chín", "farmer"),
    DUNG: ("Dũng", "farmer"),
    HOA: ("Hoa", "worker"),
    MINH: ("Minh", "officer"),
    ADMIN: ("Quản trị", "administrator"),
}
FARMS = {
    "g-bay": (BA_LIEN, BAY, "intensive"),
    "g-chin": (TAN_PHU, CHIN, "rice_shrimp"),
    "g-dung": (FAR_AWAY, DUNG, "intensive"),
}


@dataclass
class Province:
    """The cloud of one province without processes. Officer Lan has Ba Liên and Tân Phú, officer Minh has Far Away."""

    folder: Path
    now_s: float = NOW_S
    browsers: dict[int, TestClient] = field(default_factory=dict)
    told: list[tuple[str, str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        url = f"sqlite:///{shutil.copy(_filled(), self.folder / 'cloud.sqlite')}"
        self.database = Database(url)
        self.settings = CloudSettings(
            data=self.folder, database_url=url, mqtt_url="", web_host="", web_port=0, public_url=PUBLIC_URL
        )
        self.app = _app()
        state = self.app.state
        state.database, state.settings, state.tellers = self.database, self.settings, ()
        state.wall = lambda: self.now_s

    def browser(self, person: int) -> TestClient:
        """A person's browser, signed in."""
        if person not in self.browsers:
            self.browsers[person] = browser(self.app, person)
        return self.browsers[person]

    def withdraw_grants(self, farm: str) -> None:
        """The farmer lets officers see nothing any more."""
        with self.database.write() as session:
            for grant in session.query(Grant).filter(Grant.gateway_id == farm):
                grant.withdrawn_at = self.now_s

    def advise(self, person: int = LAN, *, issued: bool = True, **changes: Any) -> int:
        """Write advice, and issue it; its number."""
        http = self.browser(person)
        answer = http.post("/api/advisories", json=advice(self.now_s, **changes))
        assert answer.status_code == 201, answer.text
        number = int(answer.json()["id"])
        if issued:
            answer = http.post(f"/api/advisories/{number}/issue")
            assert answer.status_code == 200, answer.text
        return number


def advice(now_s: float = NOW_S, **changes: Any) -> dict[str, Any]:
    """What an officer writes."""
    return {
        "kind": "salinity_front",
        "title_vi": "Nước mặn lên & gió chướng",
        "body_vi": "Đóng cống < 3 ngày.\nĐo độ mặn trước khi lấy nước.",
        "communes": [BA_LIEN],
        "valid_from": now_s,
        "valid_until": now_s + 3 * DAY_S,
        **changes,
    }


@cache
def _app() -> FastAPI:
    """The application, for one province after another: its routes are costly to make."""
    return make_app(CloudSettings(data=Path(), database_url="sqlite://", mqtt_url="", web_host="", web_port=0))


@cache
def _filled() -> Path:
    """The province's database, built by the real migrations once for all tests."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "province.sqlite"
    migrate(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        for rows in _rows():
            session.add_all(rows)
            session.flush()
    database.engine.dispose()
    return path


def _rows() -> list[list[Any]]:
    """What depends on nothing, then what depends on that."""
    day = date(2025, 7, 1)
    names = {BA_LIEN: "Xã Ba Liên", TAN_PHU: "Xã Tân Phú", FAR_AWAY: "Xã Far Away"}
    units = [
        Unit(code=code, valid_from=day, valid_until=None, name=name, kind="commune", parent="91", plain=name.lower())
        for code, name in names.items()
    ]
    people = [
        Person(id=key, name=name, role=role, language="vi", created_at=0.0, phone=None, email=None, password=None)
        for key, (name, role) in PEOPLE.items()
    ]
    farms = [
        Gateway(
            id=key,
            created_at=0.0,
            farm_name=f"Trại {key}",
            commune=place,
            latitude=9.9,
            longitude=105.0 + number / 5,
        )
        for number, (key, (place, _, _)) in enumerate(FARMS.items())
    ]
    ponds = [
        Pond(gateway_id=key, key="ao-1", name=f"Ao của {key}", aerators=2, alarm_low=4.0, danger_low=3.0, kind=kind)
        for key, (_, _, kind) in FARMS.items()
    ]
    rights = [FarmPerson(gateway_id=key, person_id=owner) for key, (_, owner, _) in FARMS.items()]
    scopes = [(LAN, BA_LIEN), (LAN, TAN_PHU), (MINH, FAR_AWAY)]
    grants = [
        Grant(gateway_id=key, kind="incidents", granted_by=owner, granted_at=0.0, withdrawn_at=None)
        for key, (_, owner, _) in FARMS.items()
    ]
    return [
        [*units, ExtensionArea(id=5, name="Vùng ven biển"), *people, *farms],
        [ExtensionAreaUnit(area_id=5, code=BA_LIEN), FarmPerson(gateway_id="g-bay", person_id=HOA), *ponds, *rights],
        [*(Scope(person_id=person, kind="commune", code=code) for person, code in scopes), *grants],
    ]

"""Phones are told by a push service that decrypts what it gets: once, only whose they are, and none that is gone."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from cloud.accounts import door_repository as doors
from cloud.accounts.door import COOKIE
from cloud.accounts.door_repository import asking_of
from cloud.accounts.models import Person
from cloud.alerts import repository as alerts
from cloud.alerts.models import SILENT, FarmAlarm
from cloud.farms.models import Gateway
from cloud.incidents import repository as incidents
from cloud.push import repository
from cloud.push.news import OLD_S
from cloud.push.sending import News, tell
from cloud.push.telling import ByPush, tell_news
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser, grant
from tests.gateway.test_push import Browser, Site, site

NEWS = News(subject="a", title="Trại Một", text="Oxy thấp", language="vi", path="/ponds/1", urgent=True)
SERVICE = "https://push.example.org"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with make_cloud(tmp_path, "g1") as made:
        yield made


@pytest.fixture
def lan(cloud: Cloud) -> int:
    return add_person(cloud.database, "farmer", "0901", name="Lan", farms=["g1"])


def phone_of(cloud: Cloud, person: int, url: str) -> Browser:
    """A phone of theirs that is told through the push service at this address of ours."""
    made = Browser(f"{url}/{person}")
    with cloud.database.write() as session:
        secret = doors.begin(session, person, cloud.time.wall_s)
        session.flush()
        assert repository.add(session, secret, made.subscription)
    return made


def as_json(phone: Browser) -> dict[str, object]:
    found = phone.subscription
    return {"endpoint": found.endpoint, "keys": {"p256dh": found.p256dh, "auth": found.auth}}


def told(cloud: Cloud, person: int) -> list[str]:
    with cloud.database.read() as session:
        return [found.endpoint for found in repository.browsers_of(session, person)]


def test_news_is_told_once_signed_with_the_key_that_browsers_got(cloud: Cloud, lan: int) -> None:
    with site() as service:
        phone = phone_of(cloud, lan, service.url)
        assert [tell(cloud.database, lan, NEWS, cloud.time.wall_s) for _ in range(2)] == [True, True]
        ((_, headers, body),) = service.got
        shown = phone.read(body)
        assert (shown["title"], shown["text"], shown["path"]) == ("Trại Một", "Oxy thấp", "/ponds/1")
        key = browser(cloud.app, lan).get("/push/key").json()["key"]
        assert f"k={key}" in headers["authorization"]
        assert headers["urgency"] == "high"


def test_what_a_push_service_refuses_for_now_is_told_later(cloud: Cloud, lan: int) -> None:
    with site(status=503) as service:
        phone_of(cloud, lan, service.url)
        assert tell(cloud.database, lan, NEWS, cloud.time.wall_s) is False
        service.status = 201
        assert tell(cloud.database, lan, NEWS, cloud.time.wall_s) is True
        assert len(service.got) == 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_phone_that_is_gone_is_forgotten(cloud: Cloud, lan: int, status: int) -> None:
    with site(status=status) as service:
        phone_of(cloud, lan, service.url)
        tell(cloud.database, lan, NEWS, cloud.time.wall_s)
        assert told(cloud, lan) == []
        assert tell(cloud.database, lan, NEWS, cloud.time.wall_s) is None


def test_a_phone_is_told_until_it_signs_out(cloud: Cloud, lan: int) -> None:
    with site() as service:
        client, phone = browser(cloud.app, lan), Browser(service.url)
        assert "Báo trên máy này" in client.get("/account").text
        with cloud.database.write() as session:
            assert repository.add(session, client.cookies[COOKIE], phone.subscription)
        assert client.post("/push/try").json() == {"sent": True}
        assert phone.read(service.got[0][2])["text"] == "Máy này nhận được tin báo."
        client.post("/logout")
        assert told(cloud, lan) == []


def test_nobody_touches_the_phone_of_another(cloud: Cloud, lan: int) -> None:
    other = browser(cloud.app, add_person(cloud.database, "farmer", "0902"))
    mine, phone = browser(cloud.app, lan), Browser(f"{SERVICE}/a")
    assert mine.post("/push/subscribe", json=as_json(phone)).json() == {"on": True}
    assert other.post("/push/unsubscribe", json={"endpoint": f"{SERVICE}/a"}).json() == {"on": False}
    assert other.post("/push/subscribe", json=as_json(Browser(f"{SERVICE}/a"))).status_code == 409
    assert told(cloud, lan) == [f"{SERVICE}/a"]
    assert other.post("/push/try").status_code == 404
    assert mine.post("/push/unsubscribe", json={"endpoint": f"{SERVICE}/a"}).json() == {"on": False}
    assert told(cloud, lan) == []


@pytest.mark.parametrize("endpoint", ["http://push.example.org/a", "https://10.0.0.1/a", "https://db:5432/", "x"])
def test_only_a_push_service_of_the_world_is_posted_to(cloud: Cloud, lan: int, endpoint: str) -> None:
    body = as_json(Browser(endpoint))
    assert browser(cloud.app, lan).post("/push/subscribe", json=body).status_code == 422
    assert TestClient(cloud.app, follow_redirects=False).post("/push/subscribe", json=body).status_code == 303


def heard(service: Site, phone: Browser, person: int) -> list[str]:
    """Titles that came to this phone, sorted."""
    return sorted(phone.read(body)["title"] for path, _, body in service.got if path == f"/{person}")


def test_each_hears_what_is_theirs_and_hears_it_once(cloud: Cloud, lan: int) -> None:
    database, now_s = cloud.database, cloud.time.wall_s
    nam = add_person(database, "farmer", "0903", name="Nam")
    hoa = add_person(database, "officer", "0904", name="Hoa", scope=[("commune", "30292")])
    far = add_person(database, "officer", "0905", name="Far", scope=[("commune", "31825")])
    with site() as service:
        phones = {person: phone_of(cloud, person, service.url) for person in (lan, nam, hoa, far)}
        with database.write() as session:
            session.get_one(Gateway, "g1").commune = "30292"
            alerts.open_one(session, "g1", SILENT, now_s)
            session.add(alarm("do_low", now_s - 60))
            session.add(alarm("power_lost", now_s - OLD_S - 1))
            asked = asking_of(session.get_one(Person, lan))
            made = incidents.report(session, asked, "g1", "", "dead_shrimp", "Nhiều con", now_s)
            assert made is not None
            incidents.take_step(session, asking_of(session.get_one(Person, hoa)), made, "taken", "Chiều tôi đến", now_s)
        tell_news(database, now_s)
        assert [phone for phone in phones if heard(service, phones[phone], phone)] == [lan]
        grant(database, "g1", lan)
        with ThreadPoolExecutor(4) as processes:
            list(processes.map(lambda _: tell_news(database, now_s), range(4)))
        assert heard(service, phones[lan], lan) == [
            "Trại Một, Ao 1: Oxy thấp",
            "Trại Một: mất liên lạc với trại",
            "Tôm chết: Đã nhận việc",
        ]
        assert heard(service, phones[hoa], hoa) == ["Trại Một: Tôm chết", "Trại Một: mất liên lạc với trại"]
        assert heard(service, phones[nam], nam) == heard(service, phones[far], far) == []


def test_many_silent_farms_are_one_message_to_an_officer(cloud: Cloud, lan: int) -> None:
    database, now_s = cloud.database, cloud.time.wall_s
    hoa = add_person(database, "officer", "0904", name="Hoa", scope=[("commune", "30292")])
    farms = ["g1", "g2", "g3", "g4", "g5"]
    with database.write() as session:
        for farm in farms:
            if farm != "g1":
                session.add(Gateway(id=farm, created_at=session.get_one(Gateway, "g1").created_at))
            session.flush()
            session.get_one(Gateway, farm).commune = "30292"
            alerts.open_one(session, farm, SILENT, now_s)
    for farm in farms:
        grant(database, farm, lan)
    with site() as service:
        phone = phone_of(cloud, hoa, service.url)
        tell_news(database, now_s)
        tell_news(database, now_s + 10)
        assert heard(service, phone, hoa) == ["5 trại mất liên lạc"]


def test_advice_comes_to_the_phone_and_leads_to_its_page(cloud: Cloud, lan: int) -> None:
    with cloud.database.read() as session:
        person = session.get_one(Person, lan)
    by_push = ByPush(cloud.database, lambda: cloud.time.wall_s)
    assert by_push.tell(person, "Mặn lên", "Đóng cống", "/advice/1") is None
    with site() as service:
        phone = phone_of(cloud, lan, service.url)
        assert by_push.tell(person, "Mặn lên", "Đóng cống", "/advice/1")
        assert phone.read(service.got[0][2])["path"] == "/advice/1"


def alarm(kind: str, since: float) -> FarmAlarm:
    detail = json.dumps({"alarm": kind, "do_mg_l": 2.5, "limit": 3.0})
    return FarmAlarm(
        gateway_id="g1", pond="ao-1", alarm=kind, device="", raised=True, since=since, detail=detail, number=1, at=since
    )

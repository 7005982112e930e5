"""Who comes into the cloud, and by what."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from cloud.accounts import door_repository as doors
from cloud.accounts import repository
from cloud.accounts.models import Audit, DoorTry, Invitation, Person, Session, Token
from cloud.command import app as console
from cloud.web.server import make_app
from gateway.text import catalogue
from tests.cloud.farm import Cloud, make_cloud
from tests.cloud.people import add_person, browser, token

PASSWORD = "tôm sú 2026"
DAY_S = 86400.0


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with make_cloud(tmp_path, "g1", "g2") as made:
        yield made


def stranger(cloud: Cloud) -> TestClient:
    return TestClient(cloud.app, follow_redirects=False)


def enter(client: TestClient, address: str, password: str = PASSWORD) -> int:
    return client.post("/login", data={"address": address, "password": password}).status_code


def audited(cloud: Cloud) -> list[str]:
    with cloud.database.read() as session:
        return list(session.scalars(select(Audit.what).order_by(Audit.id)))


def secrets_of(page: str) -> tuple[str, str]:
    """The link's secret and the short code that an invitation shows."""
    secret, code = re.search(r"/invitation/([\w-]+)</code>", page), re.search(r"<code>([2-9A-Z]{8})</code>", page)
    assert secret is not None
    assert code is not None
    return secret.group(1), code.group(1)


def test_a_stranger_is_led_to_the_door_and_back_to_the_page(cloud: Cloud) -> None:
    add_person(cloud.database, "farmer", "0901234567", password=PASSWORD, farms=["g1"])
    client = stranger(cloud)
    led = client.get("/account")
    assert led.headers["location"] == "/login?next=/account"
    assert client.get("/ponds", headers={"HX-Request": "true"}).headers["hx-redirect"] == "/login?next=/ponds"
    assert client.get("/api/farms").status_code == 401
    form = {"address": "+84 90 123 4567", "password": PASSWORD, "next": "/account"}
    assert client.post("/login", data=form).headers["location"] == "/account"
    assert client.get("/account").status_code == 200
    assert "Ao 1" in client.get("/").text


@pytest.mark.parametrize("address", ["0901234567", "090 123 4567", "+84901234567", "84901234567"])
def test_a_phone_number_counts_however_it_is_written(cloud: Cloud, address: str) -> None:
    add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    assert enter(stranger(cloud), address) == 303


def test_an_email_counts_in_whatever_letters(cloud: Cloud) -> None:
    add_person(cloud.database, "officer", "lan@example.org", password=PASSWORD)
    assert enter(stranger(cloud), " Lan@Example.org ") == 303


def test_what_is_wrong_is_not_told_and_too_many_tries_wait(cloud: Cloud) -> None:
    add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    client = stranger(cloud)
    answers = {client.post("/login", data={"address": who, "password": "no"}).text for who in ("0901234567", "0909")}
    assert len(answers) == 1
    assert [enter(client, "0901234567", "no") for _ in range(5)] == [403, 403, 403, 403, 429]
    assert enter(client, "0901234567") == 429
    cloud.time.forward(901)
    assert enter(client, "0901234567") == 303
    assert audited(cloud).count("login_failed") == 6


def test_signing_out_ends_the_session_and_a_stolen_cookie_with_it(cloud: Cloud) -> None:
    client = stranger(cloud)
    add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    enter(client, "0901234567")
    stolen = client.cookies["cloud-session"]
    client.post("/logout")
    thief = stranger(cloud)
    thief.cookies.set("cloud-session", stolen)
    assert thief.get("/api/farms").status_code == 401


def test_a_session_ends_after_ninety_days_without_use(cloud: Cloud) -> None:
    client = browser(cloud.app, add_person(cloud.database, "farmer", "0901234567"))
    cloud.time.forward(80 * DAY_S)
    assert client.get("/api/farms").status_code == 200
    cloud.time.forward(80 * DAY_S)
    assert client.get("/api/farms").status_code == 200
    cloud.time.forward(91 * DAY_S)
    assert client.get("/api/farms").status_code == 401


def test_over_tls_the_cookie_is_strict(cloud: Cloud) -> None:
    add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    client = TestClient(cloud.app, base_url="https://cloud.example", follow_redirects=False)
    cookie = client.post("/login", data={"address": "0901234567", "password": PASSWORD}).headers["set-cookie"]
    assert cookie.startswith("__Host-cloud-session=")
    assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(",")[0].split(";")}


def test_another_sites_page_can_do_nothing(cloud: Cloud) -> None:
    client = browser(cloud.app, add_person(cloud.database, "farmer", "0901234567", farms=["g1"]))
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post("/farms/g1/sharing", data={"kind": "water", "granted": "yes"}, headers=headers)
        assert answer.status_code == 403
    assert "granted" not in audited(cloud)


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"])
def test_the_door_leads_nowhere_else(cloud: Cloud, target: str) -> None:
    add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    form = {"address": "0901234567", "password": PASSWORD, "next": target}
    assert stranger(cloud).post("/login", data=form).headers["location"] == "/"


def test_the_first_administrator_comes_by_a_link_that_is_good_once(cloud: Cloud) -> None:
    words = ["add-administrator", "Hoa", "hoa@example.org", "--data", str(cloud.folder)]
    printed = CliRunner().invoke(console, words)
    assert printed.exit_code == 0, printed.output
    path = printed.output.strip().removeprefix("http://127.0.0.1:8090")
    cloud.app.state.wall = time.time
    assert stranger(cloud).get(path).status_code == 200
    assert stranger(cloud).post(path, data={"password": "short"}).status_code == 422
    client = stranger(cloud)
    assert client.post(path, data={"password": PASSWORD}).status_code == 303
    assert client.get("/people").status_code == 200
    assert stranger(cloud).post(path, data={"password": PASSWORD}).status_code == 404


def test_an_invitation_is_void_after_seven_days(cloud: Cloud) -> None:
    person = add_person(cloud.database, "farmer", "0901234567")
    with cloud.database.write() as session:
        secret, code = doors.invite(session, person, cloud.time.wall_s)
    cloud.time.forward(7 * DAY_S + 1)
    assert stranger(cloud).get(f"/invitation/{secret}").status_code == 404
    form = {"address": "0901234567", "code": code}
    assert stranger(cloud).post("/invitation", data=form).status_code == 403


def test_a_farmer_invites_a_worker_who_comes_in_by_the_short_code(cloud: Cloud) -> None:
    farmer = browser(cloud.app, add_person(cloud.database, "farmer", "0901234567", farms=["g1"]))
    form = {"name": "Tú", "address": "0907654321", "role": "worker", "farm": "g1"}
    _, code = secrets_of(farmer.post("/people", data=form).text)
    worker = stranger(cloud)
    wrong = worker.post("/invitation", data={"address": "0907654321", "code": "22222222"})
    assert wrong.status_code == 403
    spoken = f"{code[:4].lower()} {code[4:]}"
    led = worker.post("/invitation", data={"address": "0907654321", "code": spoken})
    worker.post(led.headers["location"], data={"password": PASSWORD})
    assert [farm["id"] for farm in worker.get("/api/farms").json()] == ["g1"]
    assert worker.get("/farms/g1/sharing").status_code == 403
    assert worker.get("/people").status_code == 403
    again = stranger(cloud).post("/invitation", data={"address": "0907654321", "code": code})
    assert again.status_code == 403


def test_a_farmer_lets_nobody_into_another_farm_and_nobody_above_a_technician(cloud: Cloud) -> None:
    farmer = browser(cloud.app, add_person(cloud.database, "farmer", "0901234567", farms=["g1"]))
    form = {"name": "Tú", "address": "0907654321", "role": "worker", "farm": "g2"}
    assert farmer.post("/people", data=form).status_code == 404
    for role in ("farmer", "officer", "administrator"):
        assert farmer.post("/people", data={**form, "farm": "g1", "role": role}).status_code == 403


def test_a_farmer_cannot_take_over_the_account_of_a_shared_technician(cloud: Cloud) -> None:
    technician = add_person(cloud.database, "technician", "0907654321", farms=["g2"])
    farmer = browser(cloud.app, add_person(cloud.database, "farmer", "0901234567", farms=["g1"]))
    form = {"name": "Tú", "address": "0907654321", "role": "technician", "farm": "g1"}
    assert farmer.post("/people", data=form).status_code == 303
    assert farmer.post(f"/people/{technician}/invite").status_code == 404


def test_a_token_sees_what_its_person_sees_of_its_farm_and_dies_when_revoked(cloud: Cloud) -> None:
    person = add_person(cloud.database, "farmer", "0901234567", farms=["g1", "g2"])
    farmer, machine = browser(cloud.app, person), stranger(cloud)
    assert farmer.post("/account/tokens", data={"name": "bảng", "role": "worker", "farm": "g9"}).status_code == 404
    assert farmer.post("/account/tokens", data={"name": "bảng", "role": "farmer", "farm": "g1"}).status_code == 403
    page = farmer.post("/account/tokens", data={"name": "bảng", "role": "worker", "farm": "g1"}).text
    secret = re.search(r"<code>([\w-]{32})</code>", page)
    assert secret is not None
    bearer = {"Authorization": f"Bearer {secret.group(1)}"}
    assert [farm["id"] for farm in machine.get("/api/farms", headers=bearer).json()] == ["g1"]
    assert machine.get("/account", headers=bearer).status_code == 403
    assert machine.get("/farms/g1/export", headers=bearer).status_code == 403
    other = browser(cloud.app, add_person(cloud.database, "farmer", "0901234568"))
    assert other.post("/account/tokens/1/revoke").status_code == 404
    assert farmer.post("/account/tokens/1/revoke").status_code == 303
    assert machine.get("/api/farms", headers=bearer).status_code == 401


def test_a_new_password_signs_every_browser_out(cloud: Cloud) -> None:
    person = add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    phone, laptop = browser(cloud.app, person), browser(cloud.app, person)
    assert phone.post("/account/password", data={"old": "wrong", "new": "another one"}).status_code == 403
    assert phone.post("/account/password", data={"old": PASSWORD, "new": "another one"}).status_code == 303
    assert laptop.get("/api/farms").status_code == 401
    assert enter(stranger(cloud), "0901234567", "another one") == 303


def test_a_closed_account_opens_nothing_and_the_last_administrator_stays(cloud: Cloud) -> None:
    admin = add_person(cloud.database, "administrator", "a@example.org", password=PASSWORD)
    farmer = add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    client, headers = browser(cloud.app, admin), token(cloud.database, farmer, "worker")
    session = browser(cloud.app, farmer)
    assert client.post(f"/people/{farmer}/close").status_code == 303
    assert session.get("/api/farms").status_code == 401
    assert stranger(cloud).get("/api/farms", headers=headers).status_code == 401
    assert enter(stranger(cloud), "0901234567") == 403
    assert client.post(f"/people/{admin}/close").status_code == 409


def test_nothing_that_opens_a_door_lies_in_the_database(cloud: Cloud) -> None:
    person = add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    with cloud.database.write() as session:
        shown = [doors.begin(session, person, 1.0), *doors.invite(session, person, 1.0)]
        shown.append(doors.make_token(session, person, "m", "worker", None, 1.0)[1])
    with cloud.database.read() as session:
        kept = [*session.scalars(select(Session.hash)), *session.scalars(select(Invitation.hash))]
        kept += [*session.scalars(select(Token.hash)), *session.scalars(select(Person.password))]
    assert len(kept) == 5
    assert not any(secret in str(value) for secret in [*shown, PASSWORD] for value in kept)
    assert kept[-1].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_audit_only_grows_and_shows_a_farmer_the_own_farms_only(cloud: Cloud) -> None:
    farmer = browser(cloud.app, add_person(cloud.database, "farmer", "0901234567", farms=["g1"]))
    other = browser(cloud.app, add_person(cloud.database, "farmer", "0901234568", farms=["g2"]))
    farmer.post("/farms/g1/sharing", data={"kind": "water", "granted": "yes"})
    for statement in ("UPDATE audit SET who = 'nobody'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError), cloud.database.write() as session:
            session.execute(text(statement))
    assert "Cho cán bộ xem" in farmer.get("/audit").text
    assert "Cho cán bộ xem" not in other.get("/audit").text
    admin = browser(cloud.app, add_person(cloud.database, "administrator", "a@example.org"))
    assert "g1" in admin.get("/audit").text


def test_every_line_of_the_audit_has_words() -> None:
    root = Path(__file__).parents[2] / "cloud"
    said = set()
    for path in root.rglob("*.py"):
        said |= set(re.findall(r'\bnote\(\s*\w+,\s*[^,]+,\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert {"login", "farm_deleted", "station_added"} <= said
    assert said - catalogue("vi")["cloud_audit"].keys() == set()


def test_an_administrator_draws_areas_and_gives_an_officer_a_scope(cloud: Cloud) -> None:
    admin = browser(cloud.app, add_person(cloud.database, "administrator", "a@example.org"))
    officer = add_person(cloud.database, "officer", "0907654321")
    assert admin.post("/areas", data={"name": "Ven biển", "communes": ["30292", "99999"]}).status_code == 422
    assert admin.post("/areas", data={"name": "Ven biển", "communes": ["30292", "30301"]}).status_code == 303
    assert "Ven biển" in admin.get("/areas").text
    form = {"area": ["1"], "commune": ["30313"], "province": []}
    assert admin.post(f"/people/{officer}/scope", data=form).status_code == 303
    assert 'value="1" selected' in admin.get(f"/people/{officer}").text
    with cloud.database.read() as session:
        assert [(part.kind, part.code) for part in repository.scope(session, officer)] == [
            ("area", "1"),
            ("commune", "30313"),
        ]


def test_a_token_from_the_console_needs_a_person(cloud: Cloud) -> None:
    add_person(cloud.database, "farmer", "0901234567", farms=["g1"])

    def made(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(console, ["add-token", "bảng", *words, "--data", str(cloud.folder)])
        return result.exit_code, result.stdout.strip()

    assert made("0909999999")[0] == 1
    assert made("0901234567")[0] == 1
    assert made("0901234567", "--farm", "g2")[0] == 1
    code, secret = made("0901234567", "--farm", "g1")
    assert code == 0
    bearer = {"Authorization": f"Bearer {secret}"}
    assert [farm["id"] for farm in stranger(cloud).get("/api/farms", headers=bearer).json()] == ["g1"]


def test_pages_keep_their_policy(cloud: Cloud) -> None:
    policy = stranger(cloud).get("/login").headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = json.dumps(stranger(cloud).get("/login").text)
    assert "<script>" not in page
    assert "style=" not in page


def test_tries_are_counted_for_all_web_processes_together_and_the_wait_is_told(cloud: Cloud) -> None:
    add_person(cloud.database, "farmer", "0901234567", password=PASSWORD)
    beside = make_app(cloud.settings)
    beside.state.wall = cloud.app.state.wall
    doors_to = [TestClient(app, follow_redirects=False) for app in (cloud.app, beside)]
    tries = [
        doors_to[number % 2].post("/login", data={"address": "0901234567", "password": "x"}) for number in range(6)
    ]
    assert [one.status_code for one in tries] == [403] * 5 + [429]
    assert "Chờ 16 phút" in tries[-1].text
    doors_to[0].cookies.set("language", "en")
    told = doors_to[0].post("/login", data={"address": "0901234567", "password": PASSWORD})
    assert (told.status_code, "16 minutes" in told.text) == (429, True)
    cloud.time.forward(901)
    assert doors_to[1].post("/login", data={"address": "0901234567", "password": PASSWORD}).status_code == 303
    with cloud.database.read() as session:
        assert session.query(DoorTry).count() == 0
    beside.state.database.engine.dispose()

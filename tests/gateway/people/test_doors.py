"""The doors of the pages: nobody comes in who shall not, and nobody does what their role may not."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.journal.store import Journal
from gateway.people.code import current_code
from gateway.web.door_page import inside
from gateway.web.server import make_app, paths
from gateway.web.signed import is_public
from tests.gateway.farms import Steps, small_farm
from tests.gateway.offices import PASSWORDS, Office, office
from tests.gateway.test_tonight import pond, snapshot


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office"), snapshot(pond())) as made:
        yield made


@pytest.fixture
def at(shared: Office) -> Office:
    shared.client.cookies.clear()
    shared.orders.clear()
    return shared


ROUTES = [(method, re.sub(r"\{\w+(:\w+)?\}", "1", path)) for method, path in paths()]


def test_every_page_that_is_not_public_refuses_a_stranger(at: Office) -> None:
    closed = [(method, path) for method, path in ROUTES if not is_public(path)]
    assert len(closed) > 20
    for method, path in closed:
        reply = at.client.request(method, path, follow_redirects=False)
        inside_out = reply.status_code == 303 and reply.headers["location"].startswith("/login")
        assert inside_out or reply.status_code == 401, (method, path, reply.status_code)
    assert at.orders == []


def test_a_worker_may_not_do_what_an_owner_or_a_technician_does(at: Office) -> None:
    at.sign_in("bay")
    for method, path in [("GET", "/people"), ("POST", "/people"), ("POST", "/tokens"), ("POST", "/people/tam/invite")]:
        assert at.client.request(method, path).status_code in (403, 422), path
    assert at.client.get("/settings").status_code == 403
    assert at.client.post("/settings", data={"ao-1.alarm_low": "2,5"}).status_code == 403
    assert at.client.get("/audit").status_code == 200


def test_wrong_name_and_wrong_password_get_the_same_answer(at: Office) -> None:
    def said(name: str) -> tuple[int, str]:
        reply = at.client.post("/login", data={"name": name, "password": "nothing right"})
        return reply.status_code, re.sub(r'name="next".*', "", reply.text)

    assert said("sau") == said("nobody at all")
    assert said("sau")[0] == 403


def test_a_phone_number_or_a_name_will_do(at: Office) -> None:
    for name in ("tam", "Anh Tám", "0912 345 678", "+84912345678"):
        at.client.cookies.clear()
        reply = at.client.post("/login", data={"name": name, "password": PASSWORDS["tam"]}, follow_redirects=False)
        assert reply.status_code == 303


def test_too_many_tries_have_to_wait_even_with_the_right_password(at: Office) -> None:
    for _ in range(5):
        at.client.post("/login", data={"name": "nam", "password": "wrong wrong"})
    reply = at.client.post("/login", data={"name": "nam", "password": PASSWORDS["nam"]})
    assert reply.status_code == 429
    at.client.app.state.desk.doors.succeeded("nam", "testclient")  # type: ignore[attr-defined]


def test_a_session_is_new_at_each_sign_in_and_void_after_signing_out(at: Office) -> None:
    first = at.sign_in("tam").client.cookies["session"]
    at.client.post("/login", data={"name": "tam", "password": PASSWORDS["tam"]})
    second = at.client.cookies["session"]
    assert second != first
    assert at.people.person_of(first) is None
    at.client.post("/logout")
    assert at.people.person_of(second) is None
    assert at.client.get("/", follow_redirects=False).status_code == 303


def test_the_cookie_is_for_this_site_and_not_for_scripts(at: Office) -> None:
    def cookie(scheme: str) -> str:
        reply = at.client.post(
            f"{scheme}://testserver/login",
            data={"name": "bay", "password": PASSWORDS["bay"]},
            follow_redirects=False,
        )
        return reply.headers["set-cookie"]

    plain, secure = cookie("http"), cookie("https")
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert secure.startswith("__Host-session=")
    assert "Secure" in secure


@pytest.mark.parametrize("sender", [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_sites_page_cannot_press_our_buttons(at: Office, sender: dict[str, str]) -> None:
    at.sign_in("tam")
    for method, path in ROUTES:
        if method == "POST":
            assert at.client.post(path, headers=sender).status_code == 403, path
    assert not at.asked("override")


def test_headers_keep_scripts_and_frames_out(at: Office) -> None:
    headers = at.sign_in("tam").client.get("/").headers
    assert "script-src" not in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "max-age" in at.client.get("https://testserver/login").headers["strict-transport-security"]


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil", "evil", "/a\nb", "\\\\evil"])
def test_no_link_leads_out(target: str) -> None:
    assert inside(target) == "/"
    assert inside("/audit?before=3") == "/audit?before=3"


def test_a_machine_comes_in_with_its_token_and_no_further(at: Office) -> None:
    secret = at.people.make_token("dashboard", "visitor")
    head = {"Authorization": f"Bearer {secret}"}
    assert at.client.get("/api/ponds/ao-2/outlook", headers=head).status_code == 200
    assert at.client.post("/ponds/ao-2/override/1", data={"wish": "on"}, headers=head).status_code == 403
    assert at.client.get("/api/farm", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_an_override_tells_who(at: Office) -> None:
    at.sign_in("bay").client.post("/ponds/ao-2/override/3", data={"wish": "on"})
    assert at.asked("override", who="bay", run=True)


def test_visitors_read_where_the_farm_allows_it_and_never_act(tmp_path: Path) -> None:
    with office(tmp_path, snapshot(pond()), '\n[web]\nvisitors = "read"\n') as at:
        assert at.client.get("/").status_code == 200
        assert at.client.post("/ponds/ao-2/override/1", data={"wish": "on"}).status_code == 403
        assert at.client.get("/audit").status_code == 403
        assert "/login" in at.client.get("/more").text


def test_the_first_account_is_made_with_the_code_of_the_gateway(tmp_path: Path) -> None:
    farm = small_farm(tmp_path)
    with TestClient(make_app(farm, tmp_path / "farm.toml")) as phone:
        assert phone.get("/", follow_redirects=False).headers["location"] == "/setup"
        code = current_code(farm.data)
        account = {"name": "Chị Út", "password": "long enough"}
        wrong = "1" if code != "1" else "2"
        assert phone.post("/setup", data={"code": wrong, **account}).status_code == 403
        assert phone.post("/setup", data={"code": code, **account, "password": "short"}).status_code == 422
        made = phone.post("/setup", data={"code": code, **account}, follow_redirects=False)
        assert made.headers["location"] == "/"
        assert 'name = "Chị Út"' in (tmp_path / "farm.toml").read_text()
        assert phone.get("/people").status_code == 200
        assert phone.post("/setup", data={"code": code, **account}).status_code == 403


def test_an_invitation_opens_an_account_once(at: Office) -> None:
    page = at.sign_in("tam").client.post("/people/bay/invite").text
    link = re.search(r"/invitation/[\w-]+", page)
    assert link is not None
    assert at.client.post("/people/sau/invite").status_code == 404
    at.client.cookies.clear()
    assert "Bảy" in at.client.get(link[0]).text
    opened = at.client.post(link[0], data={"password": PASSWORDS["bay"]}, follow_redirects=False)
    assert opened.status_code == 303
    assert at.client.get("/audit").status_code == 200
    assert at.client.get(link[0]).status_code == 404


def test_what_happens_at_the_door_is_told_to_control(at: Office) -> None:
    at.client.post("/login", data={"name": "bay", "password": "wrong wrong"})
    at.sign_in("bay")
    ends_s = time.monotonic() + 3
    while time.monotonic() < ends_s and not at.asked("note", kind="login"):
        time.sleep(0.02)
    assert at.asked("note", kind="login_failed")
    assert at.asked("note", kind="login")


def test_the_audit_log_shows_what_people_and_the_gateway_did(tmp_path: Path) -> None:
    with office(tmp_path, snapshot(pond())) as at:
        journal = Journal(tmp_path / "data" / "journal.sqlite", Steps().clock(), "boot")
        journal.open()
        journal.event("gateway_started")
        journal.event("override", "ao-2", machine=3, run=True, minutes=30, who="bay")
        journal.event("override_expired", "ao-2", machine=3)
        journal.close()
        page = at.sign_in("bay").client.get("/audit")
        assert page.status_code == 200
        assert "Gateway khởi động" in page.text
        assert '<span class="who">Bảy</span>' in page.text
        rows = at.client.get("/audit.csv").text.splitlines()
        assert len(rows) == 4

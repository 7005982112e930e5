"""Every route of the pages is asked for by everybody who may not."""

import re
from collections.abc import Iterator

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.text import text
from gateway.web.audit_page import KINDS
from gateway.web.server import ROUTERS
from gateway.web.signed import RANKS, is_public
from tests.conftest import ROOT
from tests.gateway.offices import Office, office
from tests.gateway.test_tonight import pond, snapshot

OF_ONESELF = {"/logout"}
NAMES = {"worker": "bay", "technician": "nam"}


def roles(dependant: Dependant) -> Iterator[str]:
    """The roles that a route asks for."""
    for inner in dependant.dependencies:
        if getattr(inner.call, "__name__", "") in RANKS:
            yield inner.call.__name__
        yield from roles(inner)


ROUTES = [
    (method, route.path, max(roles(route.dependant), key=RANKS.__getitem__, default=""))
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and not is_public(route.path)
    for method in sorted(route.methods)
]


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office"), snapshot(pond())) as made:
        yield made


def test_whatever_changes_something_asks_for_a_role() -> None:
    acting = [(method, path, role) for method, path, role in ROUTES if method != "GET" and path not in OF_ONESELF]
    assert len(acting) >= 10
    assert [(method, path) for method, path, role in acting if role in ("", "visitor")] == []


@pytest.mark.parametrize("below", ["worker", "technician"])
def test_nobody_does_what_a_higher_role_does(at: Office, below: str) -> None:
    at.sign_in(NAMES[below])
    closed = [(method, path) for method, path, role in ROUTES if role and RANKS[role] > RANKS[below]]
    assert closed
    for method, path in closed:
        reply = at.client.request(method, re.sub(r"\{[^}]+\}", "1", path), follow_redirects=False)
        assert reply.status_code == 403, (method, path)
    assert not [order for order in at.orders if order["do"] != "note"]


def test_an_owner_is_not_locked_out_of_anything(at: Office) -> None:
    at.sign_in("tam")
    for path in ("/", "/more", "/people", "/settings", "/audit", "/audit.csv", "/api/last", "/push"):
        assert at.client.get(path).status_code == 200, path


def test_a_body_that_is_too_large_is_refused(at: Office) -> None:
    at.sign_in("tam")
    assert at.client.post("/settings/check", data={"mark": "x" * 300_000}).status_code == 413


def test_a_stream_ends_with_its_session(at: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.web.signed.LOOK_AGAIN_S", 0.0)
    at.sign_in("bay")
    with at.client.stream("GET", "/live") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("id:")
        at.people.end_all("bay")
        assert len(list(lines)) < 20


def test_nothing_for_developers_is_served(at: Office) -> None:
    at.sign_in("tam")
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert at.client.get(path).status_code == 404, path


def test_the_page_on_security_names_tests_that_there_are() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)`((?:,? `test_\w+`)+)", page)
    assert len(named) > 20
    for file, names in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        for name in re.findall(r"test_\w+", names):
            assert f"def {name}(" in source, (file, name)


def test_the_audit_log_has_words_for_all_that_it_shows() -> None:
    assert [kind for kind in KINDS if not text("vi").has(f"event.{kind}")] == []

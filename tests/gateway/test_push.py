"""Web push to a real HTTP endpoint that decrypts what it gets, as a browser does."""

import asyncio
import base64
import contextlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from gateway.clock import Clock
from gateway.messages.push import PushChannel
from gateway.messages.sending import NotDelivered, Sending, sending_of
from gateway.messages.states import States
from gateway.messages.urls import UrlChannel
from gateway.messages.vapid import FILE, public_key
from gateway.people.settings import PersonSettings
from gateway.people.subscriptions import MOST_OF_A_PERSON, Subscription, Subscriptions
from tests.gateway.test_deliveries import entry

AN = PersonSettings(id="an", name="An")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Site:
    """A web server in the test's hand; push service, target of apprise or a login page in the way."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    page: bytes = b""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@contextlib.contextmanager
def site(**how: Any) -> Iterator[Site]:
    made = Site(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self._answer()

        def do_GET(self) -> None:
            made.got.append((self.path, {}, b""))
            made.status, made.headers = 200, {}
            self._answer()

        def _answer(self) -> None:
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(made.page)))
            self.end_headers()
            self.wfile.write(made.page)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


class Browser:
    """Its keys, as a browser keeps them."""

    def __init__(self, endpoint: str) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.subscription = Subscription(endpoint, b64(point), b64(self.auth))

    def read(self, body: bytes) -> Any:
        return json.loads(http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm"))


async def no_order(_: dict[str, Any]) -> dict[str, Any]:
    return {}


def push(data: Path, clock: Clock | None = None) -> tuple[PushChannel, States]:
    states = States(no_order)
    return PushChannel(data, states, clock or Clock(), timeout_s=2.0), states


def sending(**more: Any) -> Sending:
    return sending_of(entry(1, "push", **more))


def test_the_browser_can_read_it_and_the_service_can_check_who_sent_it(tmp_path: Path) -> None:
    with site() as service:
        browser = Browser(f"{service.url}/send/abc?x=1")
        Subscriptions(tmp_path).add("an", browser.subscription)
        channel, states = push(tmp_path)
        outcome = asyncio.run(channel.deliver(sending(alarm=12, text="Oxy 2,1 mg/L"), AN))
        assert outcome.result == "delivered"
        ((path, headers, body),) = service.got
        assert path == "/send/abc?x=1"
        assert (headers["urgency"], headers["ttl"], headers["topic"]) == ("high", "3600", "alarm-12")
        shown = browser.read(body)
        assert (shown["title"], shown["text"], shown["alarm"]) == ("Ao 1 1", "Oxy 2,1 mg/L", 12)
        assert shown["acknowledge"] == "Đã biết"
        assert f"k={public_key(tmp_path)}" in headers["authorization"]
        assert Vapid02.verify(headers["authorization"])
        assert states.problem("push") == ""
        assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten_and_the_other_one_told(tmp_path: Path, status: int) -> None:
    with site(status=status) as gone, site() as service:
        store = Subscriptions(tmp_path)
        old, new = Browser(gone.url), Browser(service.url)
        store.add("an", old.subscription)
        store.add("an", new.subscription)
        channel, _ = push(tmp_path)
        outcome = asyncio.run(channel.deliver(sending(), AN))
        assert (outcome.result, outcome.detail) == ("delivered", "taken for 1 of 2 browsers")
        assert store.of("an") == [new.subscription]
        store.remove(new.subscription.endpoint)
        with pytest.raises(NotDelivered, match="asked for messages") as nobody:
            asyncio.run(channel.deliver(sending(), AN))
        assert nobody.value.final


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"status": 302, "headers": {"Location": "/login"}}, "no_internet"),
        ({"status": 511}, "no_internet"),
        ({"status": 503}, "no_internet"),
        ({"status": 403}, "refused"),
    ],
)
def test_whoever_answers_instead_of_the_service_is_no_delivery(
    tmp_path: Path, how: dict[str, Any], problem: str
) -> None:
    with site(**how) as portal:
        Subscriptions(tmp_path).add("an", Browser(portal.url).subscription)
        channel, states = push(tmp_path)
        with pytest.raises(NotDelivered) as failed:
            asyncio.run(channel.deliver(sending(), AN))
        assert not failed.value.final
        assert states.problem("push") == problem
        assert len(portal.got) == 1


def test_no_internet_no_clock_and_rubbish_are_named(tmp_path: Path) -> None:
    channel, states = push(tmp_path)
    store = Subscriptions(tmp_path)
    store.add("an", Browser("http://127.0.0.1:9/x").subscription)
    with pytest.raises(NotDelivered, match=r"127\.0\.0\.1:9"):
        asyncio.run(channel.deliver(sending(), AN))
    assert states.problem("push") == "no_internet"
    unset, states = push(tmp_path, Clock(wall=lambda: 1000.0))
    with pytest.raises(NotDelivered, match="clock"):
        asyncio.run(unset.deliver(sending(), AN))
    assert states.problem("push") == "clock_unknown"
    store.remove("http://127.0.0.1:9/x", "binh")
    store.add("an", Subscription("http://127.0.0.1:9/x", "rubbish", "x"))
    assert len(store.of("an")) == 1
    with pytest.raises(NotDelivered):
        asyncio.run(channel.deliver(sending(), AN))
    (tmp_path / FILE).write_text("rubbish")
    store.add("an", Browser("http://127.0.0.1:9/x").subscription)
    with pytest.raises(NotDelivered, match="Delete it"):
        asyncio.run(channel.deliver(sending(), AN))


def test_a_person_has_so_many_browsers_and_each_is_one_persons(tmp_path: Path) -> None:
    store = Subscriptions(tmp_path)
    made = [Subscription(f"https://push/{number}", "p", "a") for number in range(MOST_OF_A_PERSON + 3)]
    for one in made:
        store.add("an", one)
    assert store.of("an") == made[3:]
    store.add("binh", made[5])
    assert store.of("binh") == [made[5]]
    assert made[5] not in store.of("an")


def test_the_key_is_made_once_whoever_comes_first(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(public_key(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_apprise_tells_an_address_and_names_what_fails() -> None:
    states = States(no_order)
    channel = UrlChannel(states, timeout_s=8.0)
    with site(status=200) as target:
        an = PersonSettings(id="an", name="An", urls=[target.url.replace("http", "json") + "/hook"])
        assert asyncio.run(channel.deliver(sending(), an)).result == "delivered"
        ((path, _, body),) = target.got
        assert path.startswith("/hook")
        assert json.loads(body)["message"] == "Oxy thấp"
        target.status = 500
        with pytest.raises(NotDelivered, match="json: "):
            asyncio.run(channel.deliver(sending(), an))
        assert states.problem("url") == "refused"


def test_behind_a_login_page_nothing_is_delivered() -> None:
    states = States(no_order)
    with site(status=302, headers={"Location": "/login"}, page=b"<html>log in") as portal:
        an = PersonSettings(id="an", name="An", urls=[portal.url.replace("http", "json") + "/verysecrettoken"])
        with pytest.raises(NotDelivered) as failed:
            asyncio.run(UrlChannel(states).deliver(sending(), an))
        assert states.problem("url") == "no_internet"
        assert "verysecrettoken" not in str(failed.value)
        assert len(portal.got) == 1
    with pytest.raises(NotDelivered, match="json: "):
        asyncio.run(UrlChannel(states).deliver(sending(), an))
    assert states.problem("url") == "no_internet"


def test_addresses_that_are_none() -> None:
    states = States(no_order)
    with pytest.raises(NotDelivered, match="understands"):
        asyncio.run(UrlChannel(states).deliver(sending(), PersonSettings(id="an", name="An", urls=["foo://x"])))
    with pytest.raises(NotDelivered, match="no urls") as nothing:
        asyncio.run(UrlChannel(states).deliver(sending(), AN))
    assert nothing.value.final

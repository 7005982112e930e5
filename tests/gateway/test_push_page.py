"""A phone asks to be told of alarms, and acknowledges from the message."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.farm import SOCKET_NAME
from gateway.messages.vapid import public_key
from gateway.people.subscriptions import Subscriptions
from gateway.web.server import make_app
from tests.gateway.farms import FARM, small_farm
from tests.gateway.test_deliveries import Control, until
from tests.gateway.test_push import Browser

PEOPLE = """
[[person]]
id = "an"
name = "An"

[[person]]
id = "binh"
name = "Bình"
"""


@contextlib.asynccontextmanager
async def phone(folder: Path, person: str | None = "an") -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
    app = make_app(small_farm(folder, f"{FARM}{PEOPLE}"), folder / "farm.toml")
    desk = app.state.desk
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://farm") as client:
        if person is not None:
            client.cookies.set("session", desk.people.begin(person))
        yield client, desk


def as_json(browser: Browser) -> dict[str, Any]:
    known = browser.subscription
    return {
        "endpoint": known.endpoint,
        "expirationTime": None,
        "keys": {"p256dh": known.p256dh, "auth": known.auth},
    }


def test_a_browser_subscribes_and_unsubscribes(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = Subscriptions(tmp_path / "data")
        browser = Browser("https://push.example/abc")
        async with phone(tmp_path) as (client, _):
            assert "Nhận báo động" in (await client.get("/push")).text
            assert (await client.get("/push/key")).json() == {"key": public_key(tmp_path / "data")}
            assert (await client.post("/push/subscribe", json=as_json(browser))).json() == {"on": True}
            assert store.of("an") == [browser.subscription]
            gone = {"endpoint": browser.subscription.endpoint}
            async with phone(tmp_path, "binh") as (other, _):
                await other.post("/push/unsubscribe", json=gone)
            assert store.of("an") == [browser.subscription]
            assert (await client.post("/push/unsubscribe", json=gone)).json() == {"on": False}
            assert store.of("an") == []

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"endpoint": "http://127.0.0.1/x", "keys": {"p256dh": "a", "auth": "a"}},
        {"endpoint": "https://user@inside/x", "keys": {"p256dh": "a", "auth": "a"}},
        {"endpoint": "https://push.example/" + "x" * 2000, "keys": {"p256dh": "a", "auth": "a"}},
        {"endpoint": "https://push.example/x", "keys": {"p256dh": "?", "auth": "a"}},
    ],
)
def test_what_no_browser_says_is_refused(tmp_path: Path, body: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with phone(tmp_path) as (client, _):
            assert (await client.post("/push/subscribe", json=body)).status_code == 422
            foreign = await client.post("/push/subscribe", json=body, headers={"Origin": "https://elsewhere"})
            assert foreign.status_code == 403

    asyncio.run(scenario())


def test_nobody_subscribes_without_signing_in(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with phone(tmp_path, None) as (client, _):
            assert (await client.post("/push/subscribe", json=as_json(Browser("https://p/x")))).status_code == 401
            assert (await client.post("/push/acknowledge", json={"alarm": 3})).status_code == 401

    asyncio.run(scenario())


def test_the_message_acknowledges(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with phone(tmp_path) as (client, desk):
            assert (await client.post("/push/acknowledge", json={"alarm": 3})).status_code == 503
            control = Control(tmp_path / "data" / SOCKET_NAME)
            await control.server.start()
            linked = asyncio.create_task(desk.link.run())
            control.publish()
            await until(lambda: desk.link.snapshot)
            assert (await client.post("/push/acknowledge", json={"alarm": 3})).status_code == 200
            assert control.heard == [{"do": "acknowledge", "alarm": 3, "who": "an", "by": "push"}]
            linked.cancel()
            await control.server.stop()

    asyncio.run(scenario())


def test_a_damaged_store_is_an_answer_and_no_traceback(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with phone(tmp_path) as (client, _):
            (tmp_path / "data" / "subscriptions.sqlite").write_bytes(b"rubbish" * 1000)
            (tmp_path / "data" / "push-key.pem").write_bytes(b"rubbish")
            refused = await client.post("/push/subscribe", json=as_json(Browser("https://p/x")))
            assert refused.status_code == 503
            assert (await client.get("/push/key")).status_code == 503

    asyncio.run(scenario())

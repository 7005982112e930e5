"""The built-in broker lets each gateway do only its own."""

import asyncio
import multiprocessing
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from cloud.broker import run_broker
from cloud.broker_users import CLOUD_USER, remove_user, set_password
from tests.ports import free_ports


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    users = tmp_path / "users.json"
    for user in ("g1", "g2", CLOUD_USER):
        set_password(users, user, f"{user}-secret")
    (number,) = free_ports(1)
    process = multiprocessing.get_context("spawn").Process(
        target=run_broker, args=(f"mqtt://127.0.0.1:{number}", users), daemon=True
    )
    process.start()
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                break
        time.sleep(0.1)
    yield number
    process.terminate()
    process.join()


def client(port: int, user: str, password: str = "", identifier: str = "") -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1",
        port,
        username=user,
        password=password or f"{user}-secret",
        identifier=identifier or f"{user}-1",
        timeout=5,
    )


async def heard(listener: aiomqtt.Client, seconds: float = 1.0) -> list[str]:
    topics = []
    try:
        async with asyncio.timeout(seconds):
            async for message in listener.messages:
                topics.append(str(message.topic))
    except TimeoutError:
        pass
    return topics


async def test_a_gateway_speaks_on_its_own_topics_only(port: int) -> None:
    async with client(port, CLOUD_USER) as cloud, client(port, "g1") as gateway:
        await cloud.subscribe("farm/+/up/#", qos=1)
        await gateway.publish("farm/g1/up/rows", b"1", qos=1)
        await gateway.publish("farm/g2/up/rows", b"2", qos=1)
        await gateway.publish("farm/g1/down/ack", b"3", qos=1)
        assert await heard(cloud) == ["farm/g1/up/rows"]


async def test_a_gateway_hears_its_own_topics_only(port: int) -> None:
    async with client(port, CLOUD_USER) as cloud, client(port, "g1") as gateway:
        refused = await gateway.subscribe("farm/g2/down/#", qos=1)
        assert refused[0].value >= 128  # type: ignore[union-attr]
        await gateway.subscribe("farm/g1/down/#", qos=1)
        await cloud.publish("farm/g2/down/ack", b"2", qos=1)
        await cloud.publish("farm/g1/down/ack", b"1", qos=1)
        assert await heard(gateway) == ["farm/g1/down/ack"]


@pytest.mark.parametrize(("user", "password"), [("g1", "wrong"), ("nobody", "x")])
async def test_strangers_stay_outside(port: int, user: str, password: str) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with client(port, user, password):
            pass


async def test_a_stranger_cannot_end_anothers_session(port: int) -> None:
    async with client(port, CLOUD_USER) as cloud, client(port, "g1", identifier="g1-main") as gateway:
        await cloud.subscribe("farm/+/up/#", qos=1)
        for user, password in (("g1", "wrong"), ("g2", "g2-secret")):
            with pytest.raises(aiomqtt.MqttError):
                async with client(port, user, password, identifier="g1-main"):
                    pass
        await gateway.publish("farm/g1/up/rows", b"still here", qos=1)
        assert await heard(cloud) == ["farm/g1/up/rows"]


async def test_a_new_password_counts_at_once(port: int, tmp_path: Path) -> None:
    set_password(tmp_path / "users.json", "g1", "another")
    with pytest.raises(aiomqtt.MqttError):
        async with client(port, "g1"):
            pass
    async with client(port, "g1", "another"):
        pass


@pytest.mark.parametrize("lost", ["removed", "replaced"])
async def test_who_is_let_in_no_more_is_shown_out(port: int, tmp_path: Path, lost: str) -> None:
    async with client(port, "g2") as stays:
        goes = client(port, "g1")
        await goes.__aenter__()
        if lost == "removed":
            remove_user(tmp_path / "users.json", "g1")
        else:
            set_password(tmp_path / "users.json", "g1", "another")
        with pytest.raises(aiomqtt.MqttError):
            await asyncio.wait_for(anext(aiter(goes.messages)), 10)
        await stays.subscribe("farm/g2/down/#", qos=1)

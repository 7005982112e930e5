"""Home Assistant by MQTT discovery; a connection that is lost is made anew, and a will says when nobody is there."""

import asyncio
import contextlib
import json
import logging
import secrets
from typing import Any
from urllib.parse import urlsplit

import aiomqtt

from gateway.neighbours.discovery import (
    OVERRIDE_MINUTES,
    PRESSES,
    availability_topic,
    base_topic,
    configurations,
    states,
)
from gateway.neighbours.settings import HomeAssistantSettings
from gateway.neighbours.view import farm_now
from gateway.orders import NoSuchMachine, override_order, release_order
from gateway.text import text
from gateway.uplink.tls import tls_context
from gateway.web.desk import Desk

log = logging.getLogger(__name__)

WHO = "home-assistant"
LOOK_S = 1.0
AGAIN_S = 20.0
TIMEOUT_S = 5.0
KEEPALIVE_S = 15


async def tell_home_assistant(desk: Desk, settings: HomeAssistantSettings) -> None:
    """One connection, until it breaks; MqttError or OSError."""
    async with _client(desk, settings) as client:
        wanted = configurations(desk.farm, settings.prefix, text("vi"), buttons=settings.override_buttons)
        for topic, config in wanted.items():
            payload = "" if config is None else json.dumps(config, ensure_ascii=False)
            await client.publish(topic, payload, qos=1, retain=True)
        if settings.override_buttons:
            await client.subscribe(f"{base_topic(desk.farm)}/+/aerator/+/set", qos=1)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_tell(desk, client))
                group.create_task(_listen(desk, client))
        finally:  # a broker sends the will only of those who leave without a word
            with contextlib.suppress(aiomqtt.MqttError):
                await client.publish(availability_topic(desk.farm), "offline", qos=1, retain=True)


def _client(desk: Desk, settings: HomeAssistantSettings) -> aiomqtt.Client:
    url = urlsplit(settings.url)
    tls = tls_context(settings.ca_file) if url.scheme == "mqtts" else None
    return aiomqtt.Client(
        url.hostname or "",
        url.port or (8883 if tls else 1883),
        username=settings.user,
        password=settings.password_file.read_text().strip() if settings.password_file else None,
        identifier=f"pondkeeper-{desk.farm.id}-{secrets.token_hex(4)}",
        timeout=TIMEOUT_S,
        keepalive=KEEPALIVE_S,
        tls_context=tls,
        will=aiomqtt.Will(availability_topic(desk.farm), "offline", qos=1, retain=True),
    )


async def _tell(desk: Desk, client: aiomqtt.Client) -> None:
    """What changed each second, and all of it now and then; while control is silent, that nobody is there."""
    told: dict[str, tuple[str, float]] = {}
    available: bool | None = None
    while True:
        snapshot = farm_now(desk)
        if (snapshot is not None) != available:
            available = snapshot is not None
            await client.publish(
                availability_topic(desk.farm), "online" if available else "offline", qos=1, retain=True
            )
        now_s = desk.clock.monotonic()
        for topic, state in (states(desk.farm, snapshot) if snapshot else {}).items():
            before, told_s = told.get(topic, ("", float("-inf")))
            if state != before or now_s - told_s >= AGAIN_S:
                await client.publish(topic, state, qos=0)
                told[topic] = (state, now_s)
        await asyncio.sleep(LOOK_S)


async def _listen(desk: Desk, client: aiomqtt.Client) -> None:
    async for message in client.messages:
        if not message.retain and isinstance(message.payload, bytes):
            await _press(desk, str(message.topic), message.payload)


async def _press(desk: Desk, topic: str, payload: bytes) -> None:
    """A button for an aerator; the guard has the last word, and what cannot be read is left alone."""
    press = payload.decode(errors="replace")
    *_, pond, _, aerator, _ = topic.split("/")
    if press not in PRESSES or not aerator.isdecimal():
        log.warning("%s: %r is no press of a button", topic, press[:40])
        return
    try:
        answer = await desk.link.order(_order(desk, pond, int(aerator), press))
    except (NoSuchMachine, ConnectionError, TimeoutError) as error:
        log.warning("%s: %s", topic, error)
    else:
        if answer["refused"]:
            log.warning("%s: refused (%s)", topic, answer["refused"])


def _order(desk: Desk, pond: str, aerator: int, press: str) -> dict[str, Any]:
    if press == "release":
        return release_order(desk.farm, pond, aerator, WHO)
    return override_order(desk.farm, pond, aerator, press == "on", OVERRIDE_MINUTES, WHO)

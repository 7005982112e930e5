"""Where messages come from: each is handed out once and acknowledged when it is safe."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiomqtt

log = logging.getLogger(__name__)

for name in ("mqtt", "paho"):
    logging.getLogger(name).setLevel(logging.ERROR)

CLIENT_ID = "cloud-ingest"
TIMEOUT_S = 5.0
KEEPALIVE_S = 5
RECONNECT_S = 1.0
MOST_PENDING = 10_000


@dataclass(frozen=True)
class Message:
    """A message and what its source needs to acknowledge it."""

    topic: str
    payload: bytes
    handle: Any = None


class Source(Protocol):
    """A stream of messages over a connection that is opened again whenever it is lost."""

    @property
    def connected(self) -> bool: ...
    async def run(self) -> None: ...
    async def batch(self, most: int) -> list[Message]: ...
    async def acknowledge(self, messages: list[Message]) -> None: ...
    async def reply(self, topic: str, payload: bytes) -> bool: ...


async def take(queue: asyncio.Queue[Message], most: int) -> list[Message]:
    """What has come, at least one: what arrives while a batch is written makes the next one."""
    found = [await queue.get()]
    while len(found) < most and not queue.empty():
        found.append(queue.get_nowait())
    return found


class MqttSource:
    """A persistent MQTT 3.1.1 session with acknowledgement by hand.

    The broker is a pipe: what it loses, the gateway sends again, because only our own reply lets it forget.
    """

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = urlsplit(url)
        self._username = username
        self._password = password
        self._client: aiomqtt.Client | None = None
        self._queue: asyncio.Queue[Message] = asyncio.Queue()

    async def run(self) -> None:
        """Receive for ever; a lost connection is opened again with a new client."""
        while True:
            try:
                async with self._connect() as client:
                    self._client = client
                    subscribing = asyncio.create_task(client.subscribe("farm/+/up/#", qos=1))
                    async for message in client.messages:
                        if isinstance(message.payload, bytes):
                            self._queue.put_nowait(Message(str(message.topic), message.payload, (client, message.mid)))
                    await subscribing
            except aiomqtt.MqttError as error:
                log.warning("broker %s: %s; trying again", self._url.netloc, error)
            finally:
                self._client = None
            await asyncio.sleep(RECONNECT_S)

    async def batch(self, most: int) -> list[Message]:
        """The next messages, at least one."""
        return await take(self._queue, most)

    async def acknowledge(self, messages: list[Message]) -> None:
        """Let the broker forget messages; those of a connection that is gone come again."""
        for message in messages:
            client, number = message.handle
            if self._client is not None and client is self._client:
                self._client._client.ack(number, 1)

    @property
    def connected(self) -> bool:
        """True while the broker is there."""
        return self._client is not None

    async def reply(self, topic: str, payload: bytes) -> bool:
        """Say something to a gateway; False when the broker did not take it. A lost reply is asked for again."""
        if self._client is None:
            return False
        try:
            await self._client.publish(topic, payload, qos=1)
        except aiomqtt.MqttError as error:
            log.warning("reply to %s was not sent: %s", topic, error)
            return False
        return True

    def _connect(self) -> aiomqtt.Client:
        client = aiomqtt.Client(
            self._url.hostname or "",
            self._url.port or 1883,
            username=self._username,
            password=self._password,
            identifier=CLIENT_ID,
            clean_session=False,
            timeout=TIMEOUT_S,
            keepalive=KEEPALIVE_S,
        )
        client.pending_calls_threshold = MOST_PENDING
        client._client.manual_ack_set(True)
        return client

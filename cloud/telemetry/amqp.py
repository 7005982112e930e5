"""Messages from RabbitMQ's quorum queue `ingest`, for any number of workers beside each other.

Two connections: while a disk is full RabbitMQ hears nothing from a connection that publishes, and so would not hear the
acknowledgements that empty the queue.
"""

import asyncio
import contextlib
import itertools
import logging
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractIncomingMessage
from aio_pika.connection import make_url
from aiormq.abc import AbstractChannel
from aiormq.exceptions import AMQPError, ChannelInvalidStateError

from cloud.telemetry.source import RECONNECT_S, TIMEOUT_S, Message, take
from gateway.uplink.tls import tls_context

log = logging.getLogger(__name__)

for name in ("aio_pika", "aiormq"):
    logging.getLogger(name).setLevel(logging.CRITICAL)

QUEUE = "ingest"
EXCHANGE = "amq.topic"
HEARTBEAT_S = 5
PREFETCH = 2000

BROKEN = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)


@dataclass(frozen=True)
class Brokers:
    """amqp:// or amqps://user:password@host,host:port?prefetch=N&cafile=FILE, taken apart; ValueError when it cannot be."""

    hosts: list[tuple[str, int]]
    user: str
    password: str
    tls: ssl.SSLContext | None
    prefetch: int = PREFETCH

    @classmethod
    def of(cls, url: str) -> "Brokers":
        """The brokers that a URL names; `prefetch` is how many messages a worker may hold."""
        parts = urlsplit(url)
        asked = parse_qs(parts.query)
        authority = Path(asked["cafile"][0]) if "cafile" in asked else None
        return cls(
            hosts=_hosts(parts),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=tls_context(authority) if parts.scheme == "amqps" else None,
            prefetch=int(asked.get("prefetch", [str(PREFETCH)])[0]),
        )

    async def connect(self, host: tuple[str, int]) -> AbstractConnection:
        """A connection to one of the hosts; one of BROKEN when there is none."""
        url = make_url(
            host=host[0],
            port=host[1],
            login=self.user,
            password=self.password,
            ssl=self.tls is not None,
            heartbeat=HEARTBEAT_S,
        )
        connection = aio_pika.Connection(url, ssl_context=self.tls)
        try:
            await connection.connect(timeout=TIMEOUT_S)
        except BaseException:
            await connection.close()
            raise
        return connection


def _hosts(parts: SplitResult) -> list[tuple[str, int]]:
    usual = 5671 if parts.scheme == "amqps" else 5672
    names = [name.rpartition(":") for name in parts.netloc.rpartition("@")[2].split(",")]
    return [(host or port, int(port) if host else usual) for host, _, port in names]


class AmqpSource:
    """A consumer with acknowledgement by hand; a lost connection is opened again, at the next broker of the URL."""

    def __init__(self, url: str) -> None:
        self._brokers = Brokers.of(url)
        self._queue: asyncio.Queue[Message] = asyncio.Queue()
        self._channel: AbstractChannel | None = None
        self._acknowledged = 0
        self._exchange: AbstractExchange | None = None

    @property
    def connected(self) -> bool:
        """True while messages can come."""
        return self._channel is not None

    async def run(self) -> None:
        """Receive for ever."""
        for host in itertools.cycle(self._brokers.hosts):
            ended = asyncio.Event()
            try:
                async with self._voice(host, ended):
                    await self._listen(host, ended)
            except BROKEN as error:
                log.warning("broker %s:%d: %s; trying the next", *host, str(error) or type(error).__name__)
            await asyncio.sleep(RECONNECT_S)

    async def batch(self, most: int) -> list[Message]:
        """The next messages, at least one."""
        return await take(self._queue, most)

    async def acknowledge(self, messages: list[Message]) -> None:
        """Let the queue forget messages; those of a connection that is gone come again, to some worker."""
        channel = self._channel
        numbers = sorted(message.handle[1] for message in messages if message.handle[0] is channel)
        if channel is None or not numbers:
            return
        together = numbers == list(range(self._acknowledged + 1, self._acknowledged + 1 + len(numbers)))
        self._acknowledged = numbers[-1]
        with contextlib.suppress(*BROKEN):
            for number in numbers[-1:] if together else numbers:
                await channel.basic_ack(number, multiple=together)

    async def reply(self, topic: str, payload: bytes) -> bool:
        """Say something to a gateway; False when the broker did not take it. A lost reply is asked for again."""
        if self._exchange is None:
            return False
        message = aio_pika.Message(payload, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        try:
            await self._exchange.publish(message, topic.replace("/", "."), mandatory=False, timeout=TIMEOUT_S)
        except BROKEN as error:
            log.warning("reply to %s was not sent: %s", topic, str(error) or type(error).__name__)
            return False
        return True

    @contextlib.asynccontextmanager
    async def _voice(self, host: tuple[str, int], ended: asyncio.Event) -> AsyncIterator[None]:
        async with await self._brokers.connect(host) as connection:
            channel = await connection.channel(publisher_confirms=True)
            channel.close_callbacks.add(lambda *_: ended.set())
            try:
                self._exchange = await channel.get_exchange(EXCHANGE, ensure=False)
                yield
            finally:
                self._exchange = None

    async def _listen(self, host: tuple[str, int], ended: asyncio.Event) -> None:
        """Receive until a connection is lost or the broker ends the consumer."""
        async with await self._brokers.connect(host) as connection:
            channel = await connection.channel()
            await channel.set_qos(prefetch_count=self._brokers.prefetch)
            below = await channel.get_underlay_channel()
            channel.close_callbacks.add(lambda *_: ended.set())
            below.on_consumer_cancel_callbacks.add(lambda _: ended.set())
            self._acknowledged = 0
            self._channel = below
            try:
                queue = await channel.get_queue(QUEUE, ensure=False)
                await queue.consume(partial(self._heard, below), timeout=TIMEOUT_S)
                await ended.wait()
            finally:
                self._channel = None

    async def _heard(self, channel: AbstractChannel, message: AbstractIncomingMessage) -> None:
        topic = (message.routing_key or "").replace(".", "/")
        self._queue.put_nowait(Message(topic, message.body, (channel, message.delivery_tag)))

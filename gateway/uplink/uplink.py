"""Brings the journal to the cloud over MQTT; a new client for each connection, and the cloud's own word for each row."""

import asyncio
import json
import logging
import random
import secrets
import ssl
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiomqtt
import apsw
from paho.mqtt.reasoncodes import ReasonCode

from gateway.clock import Clock
from gateway.farm import Farm, UplinkSettings
from gateway.journal.reader import JournalReader
from gateway.journal.store import Journal
from gateway.uplink import messages
from gateway.uplink.ledger import Ledger
from gateway.uplink.messages import Row
from gateway.uplink.namesake import Namesake
from gateway.uplink.tls import certificate_problem, days_left, tls_context

if TYPE_CHECKING:
    from gateway.uplink.commands import RemoteCommands

log = logging.getLogger(__name__)

TICK_S = 0.5
TIMEOUT_S = 5.0
KEEPALIVE_S = 10
LONGEST_WAIT_S = 60.0
UNCONFIRMED_ALARM_S = 60.0
DESCRIBE_S = 60.0
CERTIFICATE_DAYS = 30.0
NOT_LET_IN = (134, 135)
"""Bad user name or password, not authorized, as paho names them for either version of MQTT."""

for name in ("mqtt", "paho"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Uplink:
    """Runs for ever; every failure of broker or cloud ends in waiting and trying again."""

    def __init__(
        self,
        farm: Farm,
        settings: UplinkSettings,
        journal: Journal,
        clock: Clock,
        boot: str,
        commands: "RemoteCommands | None" = None,
    ) -> None:
        self.connected = False
        self._away_since_s = clock.monotonic()
        self.last_error = ""
        self.refused = False
        self._farm = farm
        self._settings = settings
        self._journal = journal
        self._clock = clock
        self._boot = boot
        self._commands = commands
        self._certificate = ""
        self._nodes: dict[str, str] = {}
        self._described: dict[str, str] | None = None
        self._described_s = float("-inf")
        self._backlog_ends = 0
        self._last_sent_s = float("-inf")
        self._leaving: deque[tuple[int, list[Row]]] = deque()
        self._alarmed = False
        session = secrets.token_hex(4)
        self.namesake = Namesake(session, clock.monotonic)
        self._ledger = Ledger(
            clock.monotonic,
            session=session,
            window=settings.messages_in_flight,
            rows_per_message=settings.rows_per_message,
            backlog_rows_per_s=settings.backlog_rows_per_s,
        )

    def found(self, node: str, hardware_id: str) -> None:
        """The hardware id of a node of farm.toml, for the description."""
        self._nodes[node] = hardware_id

    async def run(self) -> None:
        """Stay connected until cancelled."""
        wait_s = 1.0
        while True:
            started = self._clock.monotonic()
            try:
                await self._session()
            except (aiomqtt.MqttError, OSError, apsw.Error) as error:
                self._failed(error)
            finally:
                if self.connected:
                    self._away_since_s = self._clock.monotonic()
                self.connected = False
                self._ledger.disconnected()
            _end_if_cancelled()
            lasted = self._clock.monotonic() - started
            wait_s = 1.0 if lasted > LONGEST_WAIT_S else min(LONGEST_WAIT_S, wait_s * 2)
            self._watch_confirmations()
            await asyncio.sleep(min(wait_s, 10.0) * random.uniform(0.5, 1.0))

    async def _session(self) -> None:
        reader = await asyncio.to_thread(JournalReader, self._journal.path)
        try:
            self._backlog_ends = await asyncio.to_thread(reader.newest, "sample")
            async with self._client() as client:
                self._described = None
                listening = asyncio.create_task(self._listen(client))
                try:
                    await client.subscribe(messages.ack_topic(self._farm.cloud_id), qos=1)
                    if self._commands is not None:
                        await client.subscribe(messages.command_topic(self._farm.cloud_id), qos=1)
                    self._came_in(client)
                    await self._send_until_broken(client, reader, listening)
                finally:
                    listening.cancel()
                    await asyncio.wait([listening])
        finally:
            reader.close()

    def _failed(self, error: Exception) -> None:
        """Remember why; a certificate that is not good is an event, once."""
        code = error.rc if isinstance(error, aiomqtt.MqttCodeError) else None
        self.refused = isinstance(code, ReasonCode) and code.value in NOT_LET_IN
        problem = certificate_problem(error)
        self.last_error = f"certificate {problem.replace('_', ' ')}: {error}" if problem else str(error)
        if problem and problem != self._certificate:
            self._journal.event("cloud_certificate", problem=problem, text=str(error))
            self._certificate = problem

    def _came_in(self, client: aiomqtt.Client) -> None:
        self.connected = True
        self.refused = False
        self.last_error = ""
        socket = client._client.socket()
        left = days_left(socket, self._clock.wall()) if isinstance(socket, ssl.SSLSocket) else None
        ends_soon = left is not None and self._clock.wall_known() and left < CERTIFICATE_DAYS
        if ends_soon and self._certificate != "soon":
            self._journal.event("cloud_certificate_soon", days=max(0, round(left or 0)))
        self._certificate = "soon" if ends_soon else ""

    def _client(self) -> aiomqtt.Client:
        url = urlsplit(self._settings.url)
        tls = tls_context(self._settings.ca_file) if url.scheme == "mqtts" else None
        client = aiomqtt.Client(
            url.hostname or "",
            url.port or (8883 if tls else 1883),
            username=self._farm.cloud_id,
            password=self._settings.password_file.read_text().strip(),
            identifier=f"{self._farm.cloud_id}-{secrets.token_hex(4)}",
            protocol=aiomqtt.ProtocolVersion.V5 if self._settings.protocol == "5" else aiomqtt.ProtocolVersion.V311,
            timeout=TIMEOUT_S,
            keepalive=KEEPALIVE_S,
            tls_context=tls,
        )
        client.pending_calls_threshold = 1000
        return client

    async def _listen(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if not isinstance(message.payload, bytes):
                continue
            if str(message.topic) == messages.ack_topic(self._farm.cloud_id):
                self._take_ack(message.payload)
            elif self._commands is not None and not message.retain:
                await self._commands.take(message.payload)

    def _take_ack(self, payload: bytes) -> None:
        try:
            ack = json.loads(payload)
            number, status = ack["batch"], ack["status"]
        except (ValueError, KeyError, TypeError):
            log.warning("the cloud's confirmation cannot be read: %r", payload[:200])
            return
        if self.namesake.hear(str(number)):
            self._journal.event("identity_shared", id=self._farm.cloud_id)
        rows = self._ledger.confirm(str(number))
        if rows and status == "stored":
            self._leaving.append((self._journal.forget(rows), rows))
            self._alarmed = False
        elif rows and status == "refused":
            self._leaving.append((self._journal.refuse(rows, str(ack.get("reason", ""))), rows))
            self._journal.event("cloud_refused", rows=len(rows), reason=str(ack.get("reason", "")))

    async def _send_until_broken(
        self, client: aiomqtt.Client, reader: JournalReader, listening: "asyncio.Task[None]"
    ) -> None:
        while not listening.done():
            _end_if_cancelled()
            if self._ledger.give_up_late():
                self._backlog_ends = await asyncio.to_thread(reader.newest, "sample")
            self._watch_confirmations()
            if self._commands is not None:
                self._commands.tell_of_strangers()
            await self._describe(client)
            while self._leaving and self._leaving[0][0] <= self._journal.committed:
                self._ledger.release(self._leaving.popleft()[1])
            while self._ledger.room and await self._send_one(client, reader):
                pass
            await asyncio.wait([listening], timeout=TICK_S)
        await listening

    async def _describe(self, client: aiomqtt.Client) -> None:
        """Say again what the farm is, at once when a node was found and now and then, for nobody confirms it."""
        now_s = self._clock.monotonic()
        if self._nodes != self._described or now_s - self._described_s > DESCRIBE_S:
            self._described = dict(self._nodes)
            self._described_s = now_s
            topic = messages.farm_topic(self._farm.cloud_id)
            await client.publish(topic, messages.describe(self._farm, self._described), qos=1)

    async def _send_one(self, client: aiomqtt.Client, reader: JournalReader) -> bool:
        """Send the newest rows that wait, or some of the backlog; False when there is nothing to send now."""
        try:
            samples, events, backlog = await asyncio.to_thread(self._choose, reader)
        except apsw.Error as error:
            log.error("%s: cannot be read for the uplink (%s)", self._journal.path, error)
            return False
        rows: list[Row] = [("sample", row["id"]) for row in samples] + [("event", row["id"]) for row in events]
        if not rows:
            return False
        number = self._ledger.send(rows, backlog=backlog)
        if not backlog:
            self._last_sent_s = self._clock.monotonic()
        payload = messages.batch(number, samples, events, self._clock, self._boot)
        await client.publish(messages.rows_topic(self._farm.cloud_id), payload, qos=1)
        return True

    def _choose(self, reader: JournalReader) -> tuple[list[dict[str, Any]], list[dict[str, Any]], bool]:
        """Samples, events, and whether they are backlog: rows from before this connection began."""
        limit = self._ledger.rows_per_message
        looked_at = limit * (self._settings.messages_in_flight + 1)
        events = self._pick(reader.unsent("event", looked_at), "event", limit)
        recent = self._pick(reader.unsent("sample", looked_at, above=self._backlog_ends), "sample", limit - len(events))
        if events or (recent and (len(recent) == limit or self._gathered())):
            return recent, events, False
        budget = min(limit, self._ledger.backlog_budget())
        if budget < 1:
            return [], [], True
        return self._pick(reader.unsent("sample", looked_at, up_to=self._backlog_ends), "sample", budget), [], True

    def _gathered(self) -> bool:
        return self._clock.monotonic() - self._last_sent_s >= self._settings.gather_s

    def _pick(self, found: list[dict[str, Any]], kind: str, limit: int) -> list[dict[str, Any]]:
        waiting = set(self._ledger.waiting([(kind, row["id"]) for row in found]))
        return [row for row in found if (kind, row["id"]) in waiting][:limit]

    def unconfirmed_s(self) -> float | None:
        """For how long the cloud has not confirmed what it was sent, or was away; None while nothing is wrong."""
        since_s = self._ledger.unconfirmed_since_s
        if not self.connected:
            since_s = self._away_since_s if since_s is None else min(since_s, self._away_since_s)
        return None if since_s is None else self._clock.monotonic() - since_s

    def _watch_confirmations(self) -> None:
        since_s = self._ledger.unconfirmed_since_s
        if since_s is None or self._alarmed:
            return
        if self._clock.monotonic() - since_s > UNCONFIRMED_ALARM_S:
            self._alarmed = True
            self._journal.event("cloud_not_confirming", seconds=round(self._clock.monotonic() - since_s))


def _end_if_cancelled() -> None:
    """Python 3.11's wait_for, under aiomqtt, forgets a cancellation that comes together with what it waits for."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

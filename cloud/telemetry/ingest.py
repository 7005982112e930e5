"""From messages to the database to the acknowledgement, in that order and never another."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from cloud.alerts import alarms_repository as alarms
from cloud.commands import repository as commands
from cloud.database import Database
from cloud.farms import repository as farms
from cloud.telemetry import repository
from cloud.telemetry.messages import FarmMessage, MessageError, RowsMessage, parse_farm, parse_rows
from cloud.telemetry.source import Message, Source
from cloud.telemetry.store import store_all

log = logging.getLogger(__name__)

RETRY_S = 1.0
AT_ONCE = 500

Reply = tuple[str, bytes]


TOPIC = re.compile(r"^farm/([a-z0-9][a-z0-9-]{0,39})/up/(rows|farm)$")


@dataclass(slots=True)
class _Read:
    """A batch of messages as they were understood."""

    rows: list[tuple[str, RowsMessage]] = field(default_factory=list)
    descriptions: list[tuple[str, FarmMessage]] = field(default_factory=list)
    refused: list[tuple[Message, str | None, str]] = field(default_factory=list)


class Ingest:
    """Takes batches of messages one after another; a database that refuses makes them wait, not get lost."""

    def __init__(
        self,
        database: Database,
        source: Source,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._source = source
        self._wall = wall

    async def run(self) -> None:
        """Take messages until cancelled; while gateways hear of one batch, the next one is written."""
        telling = asyncio.create_task(self._tell([]))
        try:
            while True:
                messages = await self._source.batch(AT_ONCE)
                replies = await self._take(messages)
                await self._source.acknowledge(messages)
                await telling
                telling = asyncio.create_task(self._tell(replies))
        finally:
            telling.cancel()

    async def _take(self, messages: list[Message]) -> list[Reply]:
        while True:
            try:
                return await asyncio.to_thread(self.store, messages)
            except (OperationalError, InterfaceError) as error:
                log.error("the database refuses (%s); %d messages wait", str(error).splitlines()[0], len(messages))
                await asyncio.sleep(RETRY_S)

    async def _tell(self, replies: list[Reply]) -> None:
        await asyncio.gather(*(self._source.reply(*reply) for reply in replies))

    def store(self, messages: Sequence[Message]) -> list[Reply]:
        """Commit messages together; returns the replies that gateways wait for. OperationalError when it cannot.

        What the database does not take of a batch is found by committing each message by itself.
        """
        try:
            return self._store(messages)
        except (OperationalError, InterfaceError):
            raise
        except (DBAPIError, ValueError, OverflowError) as error:
            if len(messages) > 1:
                return [reply for message in messages for reply in self.store([message])]
            return self._refuse_one(messages[0], str(error))

    def _store(self, messages: Sequence[Message]) -> list[Reply]:
        with self._database.write() as session:
            read = _understood(session, messages)
            now_s = self._wall()
            for gateway_id, description in read.descriptions:
                farms.describe(session, gateway_id, description, now_s)
            store_all(session, read.rows, now_s)
            alarms.learn(session, read.rows)
            for gateway_id, rows in read.rows:
                commands.learn_fates(session, gateway_id, rows.events)
            for message, _, reason in read.refused:
                self._quarantine(session, message, reason)
        return [
            *(_ack(gateway_id, rows.batch, "stored") for gateway_id, rows in read.rows),
            *(reply for refused in read.refused for reply in _refusal(*refused)),
        ]

    def _refuse_one(self, message: Message, reason: str) -> list[Reply]:
        with self._database.write() as session:
            self._quarantine(session, message, reason)
        match = TOPIC.match(message.topic)
        return _refusal(message, match and match.group(1), reason)

    def _quarantine(self, session: Session, message: Message, reason: str) -> None:
        log.warning("%s: refused: %s", message.topic, reason)
        repository.quarantine(session, message.topic, message.payload, reason, self._wall())


def _understood(session: Session, messages: Sequence[Message]) -> _Read:
    """Sorts messages; an unknown gateway is not answered, so that it keeps its rows until somebody lets it in."""
    read = _Read()
    matches = [TOPIC.match(message.topic) for message in messages]
    known = farms.known(session, {match.group(1) for match in matches if match})
    for message, match in zip(messages, matches, strict=True):
        if match is None:
            read.refused.append((message, None, "no topic of a gateway"))
            continue
        gateway_id, kind = match.groups()
        if gateway_id not in known:
            read.refused.append((message, None, "unknown gateway"))
            continue
        try:
            if kind == "farm":
                read.descriptions.append((gateway_id, parse_farm(message.payload)))
            else:
                read.rows.append((gateway_id, parse_rows(message.payload)))
        except MessageError as error:
            read.refused.append((message, gateway_id, str(error)))
    return read


def _ack(gateway_id: str, batch: str, status: str, reason: str = "") -> Reply:
    body = {"batch": batch, "status": status, "reason": reason}
    return f"farm/{gateway_id}/down/ack", json.dumps(body).encode()


def _refusal(message: Message, gateway_id: str | None, reason: str) -> list[Reply]:
    """The refusal of a batch that still shows its number, to a gateway that is known."""
    try:
        batch = json.loads(message.payload)["batch"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [_ack(gateway_id, batch, "refused", reason)] if gateway_id and isinstance(batch, str) else []

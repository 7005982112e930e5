"""From a message to the database to the acknowledgement, in that order and never another."""

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from cloud.commands import repository as commands
from cloud.database import Database
from cloud.farms import repository as farms
from cloud.telemetry import repository
from cloud.telemetry.messages import MessageError, parse_farm, parse_rows
from cloud.telemetry.source import Message, Source

log = logging.getLogger(__name__)

RETRY_S = 1.0


class UnknownGateway(Exception):
    """Nobody let this gateway in, or its entry was lost: its rows are not confirmed, so that it keeps them."""


TOPIC = re.compile(r"^farm/([a-z0-9][a-z0-9-]{0,39})/up/(rows|farm)$")


class Ingest:
    """Takes messages one after another; a database that refuses makes it wait, not forget."""

    def __init__(
        self,
        database: Database,
        source: Source,
        wall: Callable[[], float] = time.time,
        on_life: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._source = source
        self._wall = wall
        self._on_life = on_life

    async def run(self) -> None:
        """Take messages until cancelled."""
        async for message in self._source.messages():
            await self._take(message)

    async def _take(self, message: Message) -> None:
        while True:
            try:
                reply = await asyncio.to_thread(self.store, message)
                break
            except (OperationalError, InterfaceError) as error:
                log.error("the database refuses (%s); the message waits", str(error).splitlines()[0])
                await asyncio.sleep(RETRY_S)
        await self._source.acknowledge(message)
        if reply is not None:
            await self._source.reply(*reply)

    def store(self, message: Message) -> tuple[str, bytes] | None:
        """Commit one message; returns the reply that its gateway waits for, if any. OperationalError when it cannot."""
        match = TOPIC.match(message.topic)
        try:
            if match is None:
                raise MessageError("no topic of a gateway")
            gateway_id, kind = match.groups()
            with self._database.write() as session:
                if not farms.knows(session, gateway_id):
                    raise UnknownGateway("unknown gateway")
                if kind == "farm":
                    farms.describe(session, gateway_id, parse_farm(message.payload), self._wall())
                    self._on_life(gateway_id)
                    return None
                rows = parse_rows(message.payload)
                repository.store(session, gateway_id, rows, self._wall())
                commands.learn_fates(session, gateway_id, rows.events)
            return _ack(gateway_id, rows.batch, "stored")
        except UnknownGateway as error:
            return self._refuse(message, None, str(error))
        except (OperationalError, InterfaceError):
            raise
        except (MessageError, DBAPIError, ValueError, OverflowError) as error:
            return self._refuse(message, match.group(1) if match else None, str(error))

    def _refuse(self, message: Message, gateway_id: str | None, reason: str) -> tuple[str, bytes] | None:
        log.warning("%s: refused: %s", message.topic, reason)
        with self._database.write() as session:
            repository.quarantine(session, message.topic, message.payload, reason, self._wall())
        batch = _batch_number(message.payload)
        return _ack(gateway_id, batch, "refused", reason) if gateway_id and batch else None


def _ack(gateway_id: str, batch: str, status: str, reason: str = "") -> tuple[str, bytes]:
    body = {"batch": batch, "status": status, "reason": reason}
    return f"farm/{gateway_id}/down/ack", json.dumps(body).encode()


def _batch_number(payload: bytes) -> str | None:
    """The batch's number where a refused message still shows it."""
    try:
        number = json.loads(payload)["batch"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return number if isinstance(number, str) else None

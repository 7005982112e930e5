"""The task beside the ingest that signs waiting commands and sends them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from cloud.commands import repository
from cloud.commands.models import Command
from cloud.commands.signing import envelope, signing_key
from cloud.database import Database
from gateway.uplink.messages import command_topic

log = logging.getLogger(__name__)

LOOK_S = 0.5

Publish = Callable[[str, bytes], Awaitable[bool]]


class Sender:
    """`publish` says whether the broker took the message; what it did not take is tried again while it lives."""

    def __init__(self, database: Database, key_file: Path, publish: Publish, wall: Callable[[], float]) -> None:
        self._database = database
        self._key_file = key_file
        self._publish = publish
        self._wall = wall

    async def run(self) -> None:
        """Send for ever."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.send()
            except (DBAPIError, OSError, ValueError) as error:
                log.error("commands cannot be sent (%s)", str(error).splitlines()[0])

    async def send(self) -> None:
        """Send what waits; DBAPIError, and OSError or ValueError for a key that cannot be used."""
        for command in await asyncio.to_thread(self._waiting):
            key = await asyncio.to_thread(signing_key, self._key_file)
            if await self._publish(command_topic(command.gateway_id), envelope(key, command)):
                await asyncio.to_thread(self._note, command.id)

    def _waiting(self) -> list[Command]:
        with self._database.write() as session:
            repository.expire(session, self._wall())
            return list(repository.unsent(session, self._wall()))

    def _note(self, command_id: int) -> None:
        with self._database.write() as session:
            repository.sent(session, command_id, self._wall())

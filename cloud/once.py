"""What only one of several workers may do: the one that holds a lock in the database. When it dies, another takes over."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from cloud.database import Database

log = logging.getLogger(__name__)

LOCK = 0x706F6E64
LOOK_S = 5.0


async def only_here(database: Database, work: Callable[[], Awaitable[None]], look_s: float = LOOK_S) -> None:
    """Do this for ever in one process of all that share a PostgreSQL database; SQLite has only one process that asks.

    For `look_s` after the database changed its leader, two of them may be at work.
    """
    if database.engine.dialect.name != "postgresql":
        await work()
        return
    while True:
        try:
            connection = await asyncio.to_thread(_take, database.engine)
            if connection is not None:
                await _while_held(connection, work, look_s)
        except DBAPIError as error:
            log.warning("the lock among workers is not held: %s", str(error).splitlines()[0])
        await asyncio.sleep(look_s)


def _take(engine: Engine) -> Connection | None:
    """The connection that holds the lock, until it is closed; None where another process has it."""
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.detach()
    if connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        return connection
    connection.close()
    return None


async def _while_held(connection: Connection, work: Callable[[], Awaitable[None]], look_s: float) -> None:
    working = asyncio.ensure_future(work())
    try:
        while not working.done():
            await asyncio.wait([working], timeout=look_s)
            await asyncio.to_thread(connection.scalar, text("SELECT 1"))
        await working
    finally:
        working.cancel()
        await asyncio.wait([working])
        await asyncio.to_thread(connection.close)

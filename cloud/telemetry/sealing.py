"""Turns closed days of hot blocks into one chunk per node and day; rows that come late are merged into it.

A node's day is one transaction: its blocks go and its chunk comes at the same moment, so that no reader ever misses a
sample or sees it twice. Late rows stay hot for up to an hour, so that a backlog rewrites a chunk a few times, not once a
message.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cloud.database import Database
from cloud.telemetry.blocks import unpack
from cloud.telemetry.calendar import day_number
from cloud.telemetry.codec import ChunkError, decode, encode
from cloud.telemetry.layouts import Layouts
from cloud.telemetry.models import Chunk, Day, Hot, Low
from cloud.telemetry.rows import Rows, join
from cloud.telemetry.store import insert
from cloud.telemetry.summary import expected, summed_up

log = logging.getLogger(__name__)

CLOSED_AFTER_S = 3600.0
EVERY_S = 3600.0
AT_ONCE = 50


class Sealer:
    """Seals what is closed. `wall` says which days are."""

    def __init__(self, database: Database, wall: Callable[[], float]) -> None:
        self._database = database
        self._wall = wall

    def seal(self) -> int:
        """Seal every closed day of every node; returns how many chunks were written. DBAPIError when it cannot."""
        today = day_number(self._wall() - CLOSED_AFTER_S)
        with self._database.read() as session:
            waiting = session.execute(select(Hot.node_id, Hot.day).where(Hot.day < today).distinct()).all()
        for begin in range(0, len(waiting), AT_ONCE):
            with self._database.write() as session:
                for node, day in waiting[begin : begin + AT_ONCE]:
                    seal_day(session, node, day)
        return len(waiting)

    def drop(self, keep_days: int) -> None:
        """Let go of chunks and days that are older; the ledger stays, so that none of them can come back as new."""
        before = day_number(self._wall()) - keep_days
        for model in (Chunk, Day, Low):
            with self._database.read() as session:
                old = session.scalars(select(model.day).where(model.day < before).distinct()).all()
            for day in sorted(old):
                with self._database.write() as session:
                    session.execute(delete(model).where(model.day == day))


def seal_day(session: Session, node: int, day: int) -> None:
    """Move a node's hot blocks of a day into its chunk."""
    query = select(Hot.id, Hot.payload, Hot.samples, Hot.layout_id, Hot.boot, Hot.received_ms)
    found = session.execute(query.where(Hot.node_id == node, Hot.day == day).with_for_update()).all()
    if not found:
        return
    layouts = Layouts(session)
    sealed = session.scalars(select(Chunk.payload).where(Chunk.node_id == node, Chunk.day == day))
    hot = [unpack(row.payload, row.samples, layouts[row.layout_id], row.boot, row.received_ms) for row in found]
    rows = join([*(decode(payload) for payload in sealed), *hot])
    _put(session, node, day, rows)
    session.execute(delete(Hot).where(Hot.node_id == node, Hot.id.in_([row.id for row in found])))


def _put(session: Session, node: int, day: int, rows: Rows) -> None:
    key = {"day": day, "node_id": node}
    chunk = {"samples": len(rows), "expected": expected(rows), "payload": encode(rows)}
    statement = insert(session, Chunk).values(**key, **chunk)
    session.execute(statement.on_conflict_do_update(index_elements=[Chunk.day, Chunk.node_id], set_=chunk))
    session.execute(delete(Day).where(Day.day == day, Day.node_id == node))
    values = [
        {
            **key,
            "quantity": found.quantity,
            "low": found.low,
            "low_at": found.low_at,
            "mean": found.mean,
            "high": found.high,
            "count": found.count,
            "below_s": found.below_s,
        }
        for found in summed_up(rows)
    ]
    if values:
        session.execute(insert(session, Day), values)


async def seal_for_ever(sealer: Sealer, keep_days: int) -> None:
    """Beside the ingest: seal and let go once an hour."""
    while True:
        try:
            await asyncio.to_thread(sealer.seal)
            await asyncio.to_thread(sealer.drop, keep_days)
        except DBAPIError as error:
            log.error("days cannot be sealed now (%s); they stay hot until the next hour", str(error).splitlines()[0])
        except ChunkError:
            log.exception("a sealed day cannot be read; its late rows stay hot")
        await asyncio.sleep(EVERY_S)

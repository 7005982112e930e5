"""Writes batches: each sample once, by the ledger of its node's boot, whatever workers write beside it.

The ledger's rows of a batch are locked while it is written (PostgreSQL), so that two workers that hold the same sample
write it one after the other; workers with different nodes never wait for each other.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud.telemetry.blocks import Part, pack
from cloud.telemetry.calendar import day_number, night_number
from cloud.telemetry.messages import Block, EventRow, RowsMessage
from cloud.telemetry.models import Event, Hot, Latest, Layout, Low, Node, Stored
from cloud.telemetry.rows import LATE, WALL_KNOWN
from cloud.telemetry.sequences import Sequences
from hardware.quantities import DO

AHEAD_S = 60.0

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Coming:
    """A block that has found its node."""

    node_id: int
    block: Block


@dataclass(frozen=True, slots=True)
class _Newest:
    """A sample that may be a node's newest; `order_at` is when it was taken, a clock that is ahead held back."""

    block: Block
    place: int
    sequence: int
    order_at: float

    def is_newer(self, other: "_Newest") -> bool:
        """Within a boot the sequence says so, between boots the time."""
        if self.block.boot == other.block.boot:
            return self.sequence > other.sequence
        return self.order_at > other.order_at


@dataclass(slots=True)
class _Writing:
    """What a batch will write."""

    hot: list[dict[str, Any]] = field(default_factory=list)
    newest: dict[int, _Newest] = field(default_factory=dict)
    lows: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    fresh: int = 0


def insert(session: Session, model: type[Any]) -> Any:
    """INSERT in the database's own dialect, which knows ON CONFLICT."""
    dialect = session.get_bind().dialect.name
    return (postgresql.insert if dialect == "postgresql" else sqlite.insert)(model)


def store(session: Session, gateway_id: str, message: RowsMessage, now_s: float) -> int:
    """Store one message; what is known already changes nothing. Returns how many samples were new."""
    return store_all(session, [(gateway_id, message)], now_s)


def store_all(session: Session, batch: Sequence[tuple[str, RowsMessage]], now_s: float) -> int:
    """Store messages with their gateways; returns how many samples were new."""
    coming = _coming(session, batch)
    fresh = _store_blocks(session, coming, now_s) if coming else 0
    events = [(gateway_id, event) for gateway_id, message in batch for event in message.events]
    if events:
        _store_events(session, events)
    return fresh


def _coming(session: Session, batch: Sequence[tuple[str, RowsMessage]]) -> list[_Coming]:
    named = [(gateway_id, block) for gateway_id, message in batch for block in message.blocks]
    ids = _node_ids(session, {(gateway_id, block.node) for gateway_id, block in named})
    return [_Coming(ids[gateway_id, block.node], block) for gateway_id, block in named]


def _node_ids(session: Session, names: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    if not names:
        return {}
    gateways = sorted({gateway_id for gateway_id, _ in names})
    query = select(Node.gateway_id, Node.node, Node.id).where(Node.gateway_id.in_(gateways))
    known = {(gateway_id, node): node_id for gateway_id, node, node_id in session.execute(query)}
    if new := sorted(names - known.keys()):
        values = [{"gateway_id": gateway_id, "node": node} for gateway_id, node in new]
        session.execute(insert(session, Node).on_conflict_do_nothing(), values)
        known = {(gateway_id, node): node_id for gateway_id, node, node_id in session.execute(query)}
    return known


def _layout_ids(session: Session, layouts: set[str]) -> dict[str, int]:
    query = select(Layout.quantities, Layout.id).where(Layout.quantities.in_(sorted(layouts)))
    known = {row.quantities: row.id for row in session.execute(query)}
    if new := sorted(layouts - known.keys()):
        values = [{"quantities": quantities} for quantities in new]
        session.execute(insert(session, Layout).on_conflict_do_nothing(), values)
        known = {row.quantities: row.id for row in session.execute(query)}
    return known


def _store_blocks(session: Session, coming: list[_Coming], now_s: float) -> int:
    ledger = _locked(session, {(item.node_id, item.block.boot) for item in coming})
    layouts = _layout_ids(session, {_layout(item.block) for item in coming})
    writing, changed = _Writing(), dict[Key, Sequences]()
    for item in coming:
        key = (item.node_id, item.block.boot)
        known = changed.get(key) or ledger[key]
        places = known.fresh(item.block.sequence)
        if places:
            changed[key] = known.with_numbers([item.block.sequence[place] for place in places])
            _write(writing, item, places, layouts[_layout(item.block)], now_s)
    if changed:
        _save(session, writing, changed, now_s)
    return writing.fresh


def _locked(session: Session, keys: set[Key]) -> dict[Key, Sequences]:
    """The ledger of these boots, ours until the end of the transaction."""
    found = _ledger(session, keys)
    if new := sorted(keys - found.keys()):
        values = [{"node_id": node_id, "boot": boot, "sequences": "[]"} for node_id, boot in new]
        session.execute(insert(session, Stored).on_conflict_do_nothing(), values)
        found |= _ledger(session, set(new))
    return found


def _ledger(session: Session, keys: set[Key]) -> dict[Key, Sequences]:
    query = (
        select(Stored.node_id, Stored.boot, Stored.sequences)
        .where(Stored.node_id.in_({node_id for node_id, _ in keys}), Stored.boot.in_({boot for _, boot in keys}))
        .order_by(Stored.node_id, Stored.boot)
        .with_for_update()
    )
    rows = session.execute(query)
    return {(node_id, boot): Sequences.read(text) for node_id, boot, text in rows if (node_id, boot) in keys}


def _write(writing: _Writing, item: _Coming, places: list[int], layout_id: int, now_s: float) -> None:
    writing.fresh += len(places)
    for day, of_day in _by_day(item.block, places).items():
        part = _part(item.block, of_day)
        writing.hot.append(
            {
                "node_id": item.node_id,
                "day": day,
                "boot": item.block.boot,
                "layout_id": layout_id,
                "samples": len(of_day),
                "received_ms": round(now_s * 1000),
                "payload": pack(part),
            }
        )
    for night, of_night in _by_day(item.block, places, night_number).items():
        low = _low(item, night, of_night)
        known_low = writing.lows.get((night, item.node_id))
        if low and (known_low is None or low["do_mg_l"] < known_low["do_mg_l"]):
            writing.lows[night, item.node_id] = low
    newest = _newest(item.block, places, now_s)
    known = writing.newest.get(item.node_id)
    if known is None or newest.is_newer(known):
        writing.newest[item.node_id] = newest


def _newest(block: Block, places: list[int], now_s: float) -> _Newest:
    place = max(places, key=block.sequence.__getitem__)
    return _Newest(block, place, block.sequence[place], min(block.taken_at[place], now_s + AHEAD_S))


def _by_day(block: Block, places: list[int], number: Callable[[float], int] = day_number) -> dict[int, list[int]]:
    first, last = number(min(block.taken_at)), number(max(block.taken_at))
    if first == last:
        return {first: places}
    days: dict[int, list[int]] = {}
    for place in places:
        days.setdefault(number(block.taken_at[place]), []).append(place)
    return days


def _part(block: Block, places: list[int]) -> Part:
    """The samples at these places; the whole block, as it is, where they are all."""
    flags = [WALL_KNOWN * known + LATE * late for known, late in zip(block.wall_known, block.late, strict=True)]
    taken_ms = [round(at * 1000) for at in block.taken_at]
    if len(places) == len(block.sequence):
        return Part(block.sequence, taken_ms, flags, block.values, block.flaws)
    moved = {place: row for row, place in enumerate(places)}
    return Part(
        [block.sequence[place] for place in places],
        [taken_ms[place] for place in places],
        [flags[place] for place in places],
        [[values[place] for place in places] for values in block.values],
        [(moved[flaw[0]], *flaw[1:]) for flaw in block.flaws if flaw[0] in moved],
    )


def _latest(node_id: int, newest: _Newest, now_s: float) -> dict[str, Any]:
    block, place = newest.block, newest.place
    flaws = {column: (quality, reason) for row, column, quality, reason in block.flaws if row == place}
    readings = [
        (quantity, values[place], *flaws.get(column, (0, 0)))
        for column, (quantity, values) in enumerate(zip(block.quantities, block.values, strict=True))
    ]
    return {
        "node_id": node_id,
        "boot": block.boot,
        "sequence": newest.sequence,
        "order_at": newest.order_at,
        "taken_at": block.taken_at[place],
        "received_at": now_s,
        "late": block.late[place],
        "readings": json.dumps(readings, separators=(",", ":")),
    }


def _low(item: _Coming, day: int, places: list[int]) -> dict[str, Any] | None:
    """The lowest good oxygen among these samples."""
    block = item.block
    flawed = {(row, column) for row, column, *_ in block.flaws}
    found = [
        (value, block.taken_at[place])
        for column, quantity in enumerate(block.quantities)
        if quantity == DO.symbol
        for place in places
        if (value := block.values[column][place]) is not None and (place, column) not in flawed
    ]
    if not found:
        return None
    do_mg_l, at = min(found)
    return {"day": day, "node_id": item.node_id, "do_mg_l": do_mg_l, "at": at}


def _save(session: Session, writing: _Writing, ledger: dict[Key, Sequences], now_s: float) -> None:
    connection = session.connection()
    connection.execute(insert(session, Hot), writing.hot)
    rows = [
        {"node_id": node_id, "boot": boot, "sequences": found.written()} for (node_id, boot), found in ledger.items()
    ]
    connection.execute(_overwrite(insert(session, Stored), [Stored.node_id, Stored.boot], ["sequences"]), rows)
    _save_lows(session, writing)
    columns = ["boot", "sequence", "order_at", "taken_at", "received_at", "late", "readings"]
    statement = insert(session, Latest)
    coming = statement.excluded
    newer = or_(
        (Latest.boot == coming.boot) & (Latest.sequence < coming.sequence),
        (Latest.boot != coming.boot) & (Latest.order_at < coming.order_at),
    )
    latest = [_latest(node_id, newest, now_s) for node_id, newest in sorted(writing.newest.items(), key=itemgetter(0))]
    connection.execute(_overwrite(statement, [Latest.node_id], columns, newer), latest)


def _save_lows(session: Session, writing: _Writing) -> None:
    if writing.lows:
        statement = insert(session, Low)
        lower = statement.excluded.do_mg_l < Low.do_mg_l
        rows = [writing.lows[key] for key in sorted(writing.lows)]
        session.connection().execute(_overwrite(statement, [Low.day, Low.node_id], ["do_mg_l", "at"], lower), rows)


def _overwrite(statement: Any, keys: list[Any], columns: Iterable[str], where: Any = None) -> Insert:
    """Where the row is there already, its columns become what comes."""
    made: Insert = statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in columns}, where=where
    )
    return made


def _layout(block: Block) -> str:
    return _layout_text(tuple(block.quantities))


@lru_cache(1000)
def _layout_text(quantities: tuple[str, ...]) -> str:
    return json.dumps(quantities, separators=(",", ":"))


def _store_events(session: Session, rows: list[tuple[str, EventRow]]) -> None:
    values = [
        {
            "gateway_id": gateway_id,
            "number": row.number,
            "kind": row.kind,
            "pond": row.pond,
            "detail": json.dumps(row.detail, ensure_ascii=False),
            "at": row.at,
            "wall_known": row.wall_known,
        }
        for gateway_id, row in rows
    ]
    session.execute(insert(session, Event).on_conflict_do_nothing(), values)

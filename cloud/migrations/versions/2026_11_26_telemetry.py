"""Samples as hot blocks and sealed chunks with a ledger, instead of one row for each reading."""

import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from cloud.telemetry.blocks import Part, pack
from cloud.telemetry.calendar import day_number
from cloud.telemetry.history import StoredSample, all_samples
from cloud.telemetry.sequences import Sequences

revision = "telemetry"
down_revision = "0002"
branch_labels = None
depends_on = None

AT_ONCE = 500
TABLES: dict[str, sa.Table] = {}
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the new tables, move every sample, drop the old ones."""
    op.rename_table("latest", "latest_old")
    _new_tables()
    TABLES.clear()
    _move_up(op.get_bind())
    for table in ("latest_old", "readings", "samples"):
        op.drop_table(table)


def downgrade() -> None:
    """Make the old tables, move every sample back, drop the new ones."""
    op.drop_table("latest")
    _old_tables()
    TABLES.clear()
    _move_down(op.get_bind())
    for table in ("days", "lows", "chunks", "hot", "stored", "layouts", "nodes"):
        op.drop_table(table)


def _new_tables() -> None:
    op.create_table(
        "nodes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.UniqueConstraint("gateway_id", "node"),
    )
    op.create_table(
        "layouts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("quantities", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "stored",
        sa.Column("node_id", sa.Integer, sa.ForeignKey("nodes.id"), primary_key=True),
        sa.Column("boot", sa.BigInteger, primary_key=True),
        sa.Column("sequences", sa.String, nullable=False),
    )
    op.create_table(
        "hot",
        sa.Column("id", BIG, primary_key=True),
        sa.Column("node_id", sa.Integer, sa.ForeignKey("nodes.id"), nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("layout_id", sa.Integer, nullable=False),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("received_ms", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("hot_node_day", "hot", ["node_id", "day"])
    op.create_table(
        "chunks",
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("node_id", sa.Integer, sa.ForeignKey("nodes.id"), primary_key=True),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("expected", sa.Integer, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "latest",
        sa.Column("node_id", sa.Integer, sa.ForeignKey("nodes.id"), primary_key=True),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("order_at", sa.Float, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("readings", sa.String, nullable=False),
    )
    op.create_table(
        "lows",
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("node_id", sa.Integer, sa.ForeignKey("nodes.id"), primary_key=True),
        sa.Column("do_mg_l", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "days",
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("node_id", sa.Integer, sa.ForeignKey("nodes.id"), primary_key=True),
        sa.Column("quantity", sa.String, primary_key=True),
        sa.Column("low", sa.Float, nullable=False),
        sa.Column("low_at", sa.Float, nullable=False),
        sa.Column("mean", sa.Float, nullable=False),
        sa.Column("high", sa.Float, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("below_s", sa.Float),
    )


def _old_tables() -> None:
    op.create_table(
        "samples",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, sa.ForeignKey("gateways.id"), nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("wall_known", sa.Boolean, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.UniqueConstraint("gateway_id", "node", "boot", "sequence"),
    )
    op.create_table(
        "readings",
        sa.Column("sample_id", sa.Integer, sa.ForeignKey("samples.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("gateway_id", sa.String, nullable=False),
        sa.Column("node", sa.String, nullable=False),
        sa.Column("quantity", sa.String, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("quality", sa.Integer, nullable=False),
        sa.Column("reason", sa.Integer, nullable=False),
    )
    op.create_index("readings_series", "readings", ["gateway_id", "node", "quantity", "taken_at"])
    op.create_table(
        "latest",
        sa.Column("gateway_id", sa.String, primary_key=True),
        sa.Column("node", sa.String, primary_key=True),
        sa.Column("sample_id", sa.Integer, sa.ForeignKey("samples.id"), nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("taken_at", sa.Float, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
    )


def _table(name: str) -> sa.Table:
    """As the database has it, looked up once a run."""
    if name not in TABLES:
        TABLES[name] = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)
    return TABLES[name]


def _move_up(bind: sa.Connection) -> None:
    """Node after node, AT_ONCE samples at a time, in the order in which they came."""
    samples = _table("samples")
    nodes = bind.execute(sa.select(samples.c.gateway_id, samples.c.node).distinct()).all()
    for number, (gateway_id, node) in enumerate(nodes, 1):
        bind.execute(_table("nodes").insert(), {"id": number, "gateway_id": gateway_id, "node": node})
        _move_node_up(bind, samples, number, gateway_id, node)
    if bind.dialect.name == "postgresql" and nodes:
        bind.execute(sa.text("SELECT setval(pg_get_serial_sequence('nodes', 'id'), (SELECT max(id) FROM nodes))"))


def _move_node_up(bind: sa.Connection, samples: sa.Table, number: int, gateway_id: str, node: str) -> None:
    stored: dict[int, list[int]] = defaultdict(list)
    begin, newest = 0, None
    query = sa.select(samples).where(samples.c.gateway_id == gateway_id, samples.c.node == node)
    while rows := bind.execute(query.where(samples.c.id > begin).order_by(samples.c.id).limit(AT_ONCE)).all():
        begin = rows[-1].id
        readings = _readings(bind, [row.id for row in rows])
        for row in rows:
            stored[row.boot].append(row.sequence)
        newest = max((row for row in [newest, *rows] if row is not None), key=lambda row: (row.taken_at, row.sequence))
        _put_blocks(bind, number, rows, readings)
    ledger = [
        {"node_id": number, "boot": boot, "sequences": Sequences().with_numbers(found).written()}
        for boot, found in stored.items()
    ]
    bind.execute(_table("stored").insert(), ledger)
    if newest is not None:
        _put_latest(bind, number, newest)


def _readings(bind: sa.Connection, ids: list[int]) -> dict[int, list[Any]]:
    table = _table("readings")
    found: dict[int, list[Any]] = defaultdict(list)
    query = sa.select(table).where(table.c.sample_id.in_(ids)).order_by(table.c.sample_id, table.c.place)
    for row in bind.execute(query):
        found[row.sample_id].append((row.quantity, row.value, row.quality, row.reason))
    return found


def _put_blocks(bind: sa.Connection, number: int, rows: Any, readings: dict[int, list[Any]]) -> None:
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        quantities = json.dumps([reading[0] for reading in readings[row.id]], separators=(",", ":"))
        groups[row.boot, day_number(row.taken_at), quantities, round(row.received_at * 1000)].append(row)
    for (boot, day, quantities, received_ms), found in groups.items():
        several = [readings[row.id] for row in found]
        flaws = [
            (place, column, quality, reason)
            for place, one in enumerate(several)
            for column, (_, _, quality, reason) in enumerate(one)
            if quality or reason
        ]
        part = Part(
            [row.sequence for row in found],
            [round(row.taken_at * 1000) for row in found],
            [row.wall_known + 2 * row.late for row in found],
            [[reading[1] for reading in column] for column in zip(*several, strict=True)],
            flaws,
        )
        values = {
            "node_id": number,
            "day": day,
            "boot": boot,
            "layout_id": _layout(bind, quantities),
            "samples": len(found),
            "received_ms": received_ms,
            "payload": pack(part),
        }
        bind.execute(_table("hot").insert(), values)


def _layout(bind: sa.Connection, quantities: str) -> int:
    table = _table("layouts")
    found = bind.scalar(sa.select(table.c.id).where(table.c.quantities == quantities))
    if found is None:
        key = bind.execute(table.insert(), {"quantities": quantities}).inserted_primary_key
        found = key[0] if key is not None else None
    assert isinstance(found, int)
    return found


def _put_latest(bind: sa.Connection, number: int, row: Any) -> None:
    readings = json.dumps(_readings(bind, [row.id])[row.id], separators=(",", ":"))
    values = {
        "node_id": number,
        "boot": row.boot,
        "sequence": row.sequence,
        "order_at": min(row.taken_at, row.received_at + 60),
        "taken_at": row.taken_at,
        "received_at": row.received_at,
        "late": row.late,
        "readings": readings,
    }
    bind.execute(_table("latest").insert(), values)


def _move_down(bind: sa.Connection) -> None:
    nodes = _table("nodes")
    for number, gateway_id, node in bind.execute(sa.select(nodes.c.id, nodes.c.gateway_id, nodes.c.node)).all():
        newest: tuple[float, int, dict[str, Any]] | None = None
        for sample in all_samples(Session(bind), number):
            sample_id = _put_old(bind, gateway_id, node, sample)
            row = {"sample_id": sample_id, "boot": sample.boot, "sequence": sample.sequence}
            times = {"taken_at": sample.taken_at, "received_at": sample.received_at}
            if newest is None or (sample.taken_at, sample.sequence) > newest[:2]:
                newest = (sample.taken_at, sample.sequence, {**row, **times})
        if newest is not None:
            bind.execute(_table("latest").insert(), {"gateway_id": gateway_id, "node": node, **newest[2]})


def _put_old(bind: sa.Connection, gateway_id: str, node: str, sample: StoredSample) -> int:
    values = {
        "gateway_id": gateway_id,
        "node": node,
        "boot": sample.boot,
        "sequence": sample.sequence,
        "taken_at": sample.taken_at,
        "wall_known": sample.wall_known,
        "late": sample.late,
        "received_at": sample.received_at,
    }
    key = bind.execute(_table("samples").insert(), values).inserted_primary_key
    assert key is not None
    readings = [
        {
            "sample_id": key[0],
            "place": place,
            "gateway_id": gateway_id,
            "node": node,
            "quantity": quantity,
            "taken_at": sample.taken_at,
            "value": value,
            "quality": quality,
            "reason": reason,
        }
        for place, (quantity, value, quality, reason) in enumerate(sample.readings)
    ]
    if readings:
        bind.execute(_table("readings").insert(), readings)
    return int(key[0])

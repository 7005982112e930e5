"""Samples while they are hot and when they are sealed, the ledger, the newest values, days, events, what was refused."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base

Big = BigInteger().with_variant(Integer, "sqlite")


class Node(Base):
    """A node of a gateway, under a short number."""

    __tablename__ = "nodes"
    __table_args__ = (UniqueConstraint("gateway_id", "node"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    node: Mapped[str]


class Layout(Base):
    """A list of quantities (JSON) that samples carry, under a short number."""

    __tablename__ = "layouts"

    id: Mapped[int] = mapped_column(primary_key=True)
    quantities: Mapped[str] = mapped_column(unique=True)


class Stored(Base):
    """The ledger: which sequences of a node's boot are stored (cloud/telemetry/sequences.py). It outlives the samples."""

    __tablename__ = "stored"

    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sequences: Mapped[str]


class Hot(Base):
    """Samples as they came (cloud/telemetry/blocks.py), in the order of arrival, until their day is sealed."""

    __tablename__ = "hot"
    __table_args__ = (Index("hot_node_day", "node_id", "day"),)

    id: Mapped[int] = mapped_column(Big, primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))
    day: Mapped[int]
    boot: Mapped[int] = mapped_column(BigInteger)
    layout_id: Mapped[int]
    samples: Mapped[int]
    received_ms: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class Chunk(Base):
    """A node's sealed day (cloud/telemetry/codec.py). `expected`: how many samples its sequences promise."""

    __tablename__ = "chunks"

    day: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    samples: Mapped[int]
    expected: Mapped[int]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class Latest(Base):
    """The newest sample of each node, never going back; readings as JSON: [[quantity, value, quality, reason], ...]."""

    __tablename__ = "latest"

    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    boot: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)
    order_at: Mapped[float]
    taken_at: Mapped[float]
    received_at: Mapped[float]
    late: Mapped[bool]
    readings: Mapped[str]


class Low(Base):
    """The lowest good oxygen of a node's night, from noon to noon, known as soon as it comes in; `day` is its last one."""

    __tablename__ = "lows"

    day: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    do_mg_l: Mapped[float]
    at: Mapped[float]


class Day(Base):
    """Good values of one quantity on a node's sealed day; `below_s`: seconds under 3 mg/L, for oxygen only."""

    __tablename__ = "days"

    day: Mapped[int] = mapped_column(primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"), primary_key=True)
    quantity: Mapped[str] = mapped_column(primary_key=True)
    low: Mapped[float]
    low_at: Mapped[float]
    mean: Mapped[float]
    high: Mapped[float]
    count: Mapped[int]
    below_s: Mapped[float | None]


class Event(Base):
    """What happened on a farm; a gateway that began a fresh journal counts anew, so its time belongs to the identity."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("gateway_id", "number", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    pond: Mapped[str | None]
    detail: Mapped[str]
    at: Mapped[float]
    wall_known: Mapped[bool]


class Quarantined(Base):
    """A message that could not be taken, with the reason; the newest hundred are kept."""

    __tablename__ = "quarantine"

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str]
    payload: Mapped[bytes]
    reason: Mapped[str]
    received_at: Mapped[float]

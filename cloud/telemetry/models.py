"""Samples, their readings, events, and messages that could not be taken."""

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Sample(Base):
    """One sample of one node; known for ever by (gateway, node, boot, sequence). Times are Unix seconds."""

    __tablename__ = "samples"
    __table_args__ = (UniqueConstraint("gateway_id", "node", "boot", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    node: Mapped[str]
    boot: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)
    taken_at: Mapped[float]
    wall_known: Mapped[bool]
    late: Mapped[bool]
    received_at: Mapped[float]


class Reading(Base):
    """One value of a sample; time and origin are repeated here so that a series needs one index."""

    __tablename__ = "readings"
    __table_args__ = (Index("readings_series", "gateway_id", "node", "quantity", "taken_at"),)

    sample_id: Mapped[int] = mapped_column(ForeignKey("samples.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str]
    node: Mapped[str]
    quantity: Mapped[str]
    taken_at: Mapped[float]
    value: Mapped[float | None]
    quality: Mapped[int]
    reason: Mapped[int]


class Latest(Base):
    """The newest sample of each node; never goes back."""

    __tablename__ = "latest"

    gateway_id: Mapped[str] = mapped_column(primary_key=True)
    node: Mapped[str] = mapped_column(primary_key=True)
    sample_id: Mapped[int] = mapped_column(ForeignKey("samples.id"))
    boot: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)
    taken_at: Mapped[float]
    received_at: Mapped[float]


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

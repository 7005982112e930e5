"""Gateways, farms and ponds, as the gateways describe them."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Gateway(Base):
    """A gateway that may send; its password lives with the broker."""

    __tablename__ = "gateways"

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[float]
    farm_name: Mapped[str | None]
    described_at: Mapped[float | None]


class Pond(Base):
    """A pond of a farm; `node` is the hardware id of the node that watches it."""

    __tablename__ = "ponds"
    __table_args__ = (UniqueConstraint("gateway_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    key: Mapped[str]
    name: Mapped[str]
    node: Mapped[str | None]
    aerators: Mapped[int]
    alarm_low: Mapped[float]
    danger_low: Mapped[float]

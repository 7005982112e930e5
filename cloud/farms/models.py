"""Gateways, farms and ponds: as the gateways describe them, and what people add."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Gateway(Base):
    """A gateway and its farm; its password lives with the broker. `public_key` is Ed25519's, in base64.

    `commune` is a unit's code, `latitude` and `longitude` degrees (WGS 84). One that is revoked sends no more; what it
    sent stays.
    """

    __tablename__ = "gateways"

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[float]
    farm_name: Mapped[str | None]
    described_at: Mapped[float | None]
    commune: Mapped[str | None] = mapped_column(index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    registration: Mapped[str] = mapped_column(default="", server_default="")
    owner_name: Mapped[str] = mapped_column(default="", server_default="")
    phone: Mapped[str] = mapped_column(default="", server_default="")
    public_key: Mapped[str | None]
    revoked_at: Mapped[float | None]


class Pond(Base):
    """A pond of a farm; `node` is the hardware id of the node that watches it.

    `panel` is that of the panel with its aerators; `aerator_numbers` are those on the panel, empty where they count from 1.
    `kind` is intensive, semi_intensive, rice_shrimp, improved_extensive, or empty while nobody has said.
    """

    __tablename__ = "ponds"
    __table_args__ = (UniqueConstraint("gateway_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    key: Mapped[str]
    name: Mapped[str]
    node: Mapped[str | None]
    panel: Mapped[str | None]
    aerators: Mapped[int]
    aerator_numbers: Mapped[str] = mapped_column(default="", server_default="")
    alarm_low: Mapped[float]
    danger_low: Mapped[float]
    area_m2: Mapped[float | None]
    kind: Mapped[str] = mapped_column(default="", server_default="")
    registration: Mapped[str] = mapped_column(default="", server_default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]

    @property
    def machines(self) -> list[int]:
        """Its aerators, numbered as on their panel."""
        return [int(number) for number in self.aerator_numbers.split()] or [*range(1, self.aerators + 1)]


class ClaimCode(Base):
    """A code with which one gateway enrols itself, once and until `ends_at`; only its SHA-256 is kept.

    The farm becomes `person_id`'s, where one is named.
    """

    __tablename__ = "claim_codes"

    hash: Mapped[str] = mapped_column(primary_key=True)
    made_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    farm_name: Mapped[str]
    ends_at: Mapped[float]
    gateway_id: Mapped[str | None] = mapped_column(ForeignKey("gateways.id"))
    redeemed_at: Mapped[float | None]

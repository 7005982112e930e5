"""Advice of officers, whom it reached, and what farmers answered."""

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Advisory(Base):
    """One advice; times are Unix seconds, valid from `valid_from` until `valid_until`.

    `state` is draft, issued or withdrawn. `pond_kinds` are kinds of ponds with commas between, all where it is empty;
    `place` is the area in words.
    """

    __tablename__ = "advisories"
    __table_args__ = (Index("advisories_state", "state", "valid_until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    severity: Mapped[str]
    certainty: Mapped[str]
    title_vi: Mapped[str]
    body_vi: Mapped[str]
    title_en: Mapped[str]
    body_en: Mapped[str]
    place: Mapped[str]
    pond_kinds: Mapped[str]
    phase: Mapped[str]
    valid_from: Mapped[float]
    valid_until: Mapped[float]
    state: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    author: Mapped[str]
    created_at: Mapped[float]
    issued_at: Mapped[float | None]
    withdrawn_at: Mapped[float | None]


class AdvisoryUnit(Base):
    """A commune that an advice is for; an extension area is its communes of the day on which the advice was saved."""

    __tablename__ = "advisory_units"

    advisory_id: Mapped[int] = mapped_column(ForeignKey("advisories.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, index=True)


class Delivery(Base):
    """An advice on its way to a person by one channel; both times are None while it has not come there."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("deliveries_of_person", "person_id", "channel"),)

    advisory_id: Mapped[int] = mapped_column(ForeignKey("advisories.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    delivered_at: Mapped[float | None]
    read_at: Mapped[float | None]


class Answer(Base):
    """What somebody wrote back."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("advisory_id", "person_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    advisory_id: Mapped[int] = mapped_column(ForeignKey("advisories.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    text: Mapped[str]
    at: Mapped[float]

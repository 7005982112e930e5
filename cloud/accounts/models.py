"""Who may come in, what they see, what a farmer has granted, and who did what."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Person(Base):
    """An account; `phone` in international form, `email` in small letters. One without a password was only invited."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    phone: Mapped[str | None] = mapped_column(unique=True)
    email: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[str]
    password: Mapped[str | None]
    created_at: Mapped[float]
    closed_at: Mapped[float | None]


class Session(Base):
    """A browser that is signed in; of its secret only the SHA-256 is kept."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    began_at: Mapped[float]
    seen_at: Mapped[float]


class DoorTry(Base):
    """A try at a door that has not succeeded; `key` is the SHA-256 of who tried or from where."""

    __tablename__ = "door_tries"
    __table_args__ = (Index("door_tries_of_key", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    at: Mapped[float] = mapped_column(index=True)


class Invitation(Base):
    """The right to set a password once, until `ends_at`; by link, or by a short code together with the person's number."""

    __tablename__ = "invitations"

    hash: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    ends_at: Mapped[float]


class Token(Base):
    """A machine's key: it sees what its person sees, of one farm where it is bound to one, and does what its role may."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    role: Mapped[str]
    gateway_id: Mapped[str | None] = mapped_column(ForeignKey("gateways.id"))
    made_at: Mapped[float]
    revoked_at: Mapped[float | None]


class FarmPerson(Base):
    """A farmer whose farm it is, or a worker or technician of it."""

    __tablename__ = "farm_people"

    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True, index=True)


class Scope(Base):
    """A part of an officer's scope: `kind` commune or province with the unit's code, or area with the area's id."""

    __tablename__ = "scopes"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)


class Grant(Base):
    """What a farmer lets officers see of a farm, from `granted_at` until `withdrawn_at`; rows stay as a record."""

    __tablename__ = "grants"
    __table_args__ = (Index("grants_of", "gateway_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    kind: Mapped[str]
    granted_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    granted_at: Mapped[float]
    withdrawn_at: Mapped[float | None]


class Audit(Base):
    """What somebody did; the database itself refuses to change or remove a row. `detail` is JSON."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    who: Mapped[str]
    what: Mapped[str]
    farm: Mapped[str | None] = mapped_column(index=True)
    detail: Mapped[str]

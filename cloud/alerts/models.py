"""What the cloud itself has to tell of a farm, what its gateway tells, and what officers see to."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base
from cloud.telemetry.models import Big

SILENT = "gateway_silent"


class Alert(Base):
    """One alert of a gateway, open until `closed_at` (Unix seconds); told once when it opens and once when it closes."""

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    kind: Mapped[str]
    opened_at: Mapped[float]
    closed_at: Mapped[float | None]
    told_open: Mapped[bool]
    told_closed: Mapped[bool]


class FarmAlarm(Base):
    """A gateway's newest word on one of its alarms: `raised` since a Unix time, or over. An alarm of no pond has "".

    `number` and `at` are those of the event that said so, `detail` its values as JSON.
    """

    __tablename__ = "farm_alarms"

    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"), primary_key=True)
    pond: Mapped[str] = mapped_column(primary_key=True)
    alarm: Mapped[str] = mapped_column(primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    raised: Mapped[bool]
    since: Mapped[float]
    detail: Mapped[str]
    number: Mapped[int] = mapped_column(Big)
    at: Mapped[float]


class Mark(Base):
    """An officer sees to one thing on the worklist. It says so only of what began at `began`, not of the next time."""

    __tablename__ = "worklist_marks"

    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"), primary_key=True)
    pond: Mapped[str] = mapped_column(primary_key=True)
    cause: Mapped[str] = mapped_column(primary_key=True)
    began: Mapped[float]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    person: Mapped[str]
    at: Mapped[float]

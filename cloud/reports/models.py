"""Reports that are sent again and again, and what became of each sending."""

from datetime import date

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Schedule(Base):
    """A report that is sent after every period; `recipients` are addresses, one a line. Times are Unix seconds.

    `person_id` is who set it up: the report holds what they may see when it is made. `area` is an area's key.
    """

    __tablename__ = "report_schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    area: Mapped[str]
    area_name: Mapped[str]
    period: Mapped[str]
    format: Mapped[str]
    language: Mapped[str]
    recipients: Mapped[str]
    made_at: Mapped[float]
    next_at: Mapped[float] = mapped_column(index=True)


class Sending(Base):
    """One report on its way to its recipients, or there: `told` are the addresses that have it, one a line.

    `content` is kept from its making until everybody has it or it is given up; `again_at` is None once nothing is left to
    do. `error` is a key of the catalogue, empty when the last try went well.
    """

    __tablename__ = "report_sendings"

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedules.id"), index=True)
    first: Mapped[date]
    last: Mapped[date]
    due_at: Mapped[float]
    file: Mapped[str]
    content: Mapped[bytes | None]
    told: Mapped[str]
    tries: Mapped[int]
    again_at: Mapped[float | None] = mapped_column(index=True)
    sent_at: Mapped[float | None]
    error: Mapped[str]

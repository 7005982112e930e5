"""What farmers report, and what officers do about it."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Incident(Base):
    """One report; `pond` is the pond's key on its farm, empty for the whole farm, and `pond_name` its name on that day.

    `state` is open, visited or closed; `photo` the name of a file under the photos' folder, empty without one.
    """

    __tablename__ = "incidents"
    __table_args__ = (Index("incidents_of_farm", "gateway_id", "reported_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    pond: Mapped[str]
    pond_name: Mapped[str]
    kind: Mapped[str]
    text: Mapped[str]
    photo: Mapped[str]
    reported_at: Mapped[float]
    reporter_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    reporter: Mapped[str]
    state: Mapped[str]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    officer: Mapped[str]


class Step(Base):
    """What was done about a report: `what` is taken, visited, note, closed or reopened. Steps are only added."""

    __tablename__ = "incident_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    person: Mapped[str]
    what: Mapped[str]
    text: Mapped[str]
    at: Mapped[float]

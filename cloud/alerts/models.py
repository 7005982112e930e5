"""What the cloud itself has to tell of a farm."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base

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

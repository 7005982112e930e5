"""What the cloud has asked of gateways, and what came of it."""

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class Command(Base):
    """One command; `args` is JSON, times are Unix seconds.

    `fate` is None while it is on its way, then "done" or "refused" by the gateway's journal, or "expired".
    """

    __tablename__ = "commands"
    __table_args__ = (UniqueConstraint("gateway_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_id: Mapped[str] = mapped_column(ForeignKey("gateways.id"))
    number: Mapped[int]
    do: Mapped[str]
    args: Mapped[str]
    who: Mapped[str]
    issued_at: Mapped[float]
    expires: Mapped[float]
    sent_at: Mapped[float | None]
    fate: Mapped[str | None]
    reason: Mapped[str]

"""Which browsers have asked to be told, with what key the cloud signs, and what was told."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from cloud.database import Base


class PushKey(Base):
    """The cloud's key pair (VAPID) as PEM; one row, that all processes share."""

    __tablename__ = "push_key"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pem: Mapped[str]


class PushBrowser(Base):
    """A browser that is told what its session's person may know; it goes with the session."""

    __tablename__ = "push_browsers"

    endpoint: Mapped[str] = mapped_column(primary_key=True)
    session: Mapped[str] = mapped_column(ForeignKey("sessions.hash", ondelete="CASCADE"), index=True)
    p256dh: Mapped[str]
    auth: Mapped[str]


class PushTold(Base):
    """Somebody was told of this, or is being told; written before it is sent, so that nobody tells it again."""

    __tablename__ = "push_told"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float] = mapped_column(index=True)

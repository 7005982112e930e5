"""All queries about alerts."""

from collections.abc import Sequence

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from cloud.alerts.models import Alert


def open_one(session: Session, gateway_id: str, kind: str, now_s: float) -> None:
    """Open an alert; one that is open already stays as it is."""
    if _open(session, gateway_id, kind) is None:
        session.add(
            Alert(gateway_id=gateway_id, kind=kind, opened_at=now_s, closed_at=None, told_open=False, told_closed=False)
        )


def close(session: Session, gateway_id: str, kind: str, now_s: float) -> None:
    """Close an alert; nothing where none is open."""
    found = _open(session, gateway_id, kind)
    if found is not None:
        found.closed_at = now_s


def opened(session: Session, seen: Select[str]) -> Sequence[Alert]:
    """The alerts of these farms that are open, the oldest first."""
    asked = select(Alert).where(Alert.closed_at.is_(None), Alert.gateway_id.in_(seen))
    return session.scalars(asked.order_by(Alert.opened_at)).all()


def newest(session: Session, seen: Select[str], limit: int) -> Sequence[Alert]:
    """The newest alerts of these farms, open or closed, newest first."""
    asked = select(Alert).where(Alert.gateway_id.in_(seen))
    return session.scalars(asked.order_by(Alert.id.desc()).limit(limit)).all()


def untold(session: Session) -> Sequence[Alert]:
    """Alerts whose opening or closing nobody was told of yet; one that closed before it was told needs no word."""
    begins = and_(Alert.closed_at.is_(None), Alert.told_open.is_(False))
    ends = and_(Alert.closed_at.is_not(None), Alert.told_open.is_(True), Alert.told_closed.is_(False))
    return session.scalars(select(Alert).where(or_(begins, ends)).order_by(Alert.id)).all()


def told(session: Session, alert_id: int, *, closed: bool) -> None:
    """Remember that people were told of its opening, or of its closing."""
    alert = session.get_one(Alert, alert_id)
    if closed:
        alert.told_closed = True
    else:
        alert.told_open = True


def _open(session: Session, gateway_id: str, kind: str) -> Alert | None:
    return session.scalars(
        select(Alert).where(Alert.gateway_id == gateway_id, Alert.kind == kind, Alert.closed_at.is_(None))
    ).first()

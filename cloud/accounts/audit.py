"""Who did what: a log that only grows."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cloud.accounts.models import Audit


def note(session: Session, who: str, what: str, farm: str | None, detail: dict[str, Any], now_s: float) -> None:
    """Write a line; it is kept when the session commits."""
    session.add(Audit(at=now_s, who=who, what=what, farm=farm, detail=json.dumps(detail, ensure_ascii=False)))


def newest(session: Session, farms: Select[str] | None, before: int, limit: int) -> Sequence[Audit]:
    """Lines older than the one of number `before`, newest first; of these farms only, where some are given."""
    asked = select(Audit).where(Audit.id < before)
    if farms is not None:
        asked = asked.where(Audit.farm.in_(farms))
    return session.scalars(asked.order_by(Audit.id.desc()).limit(limit)).all()

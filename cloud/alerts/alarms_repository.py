"""All queries about the open alarms of farms: kept as their events come in, so that nobody has to pair them afterwards.

An alarm's events may come twice, and two workers may write them in either order. The higher number is the newer; a
gateway that began a fresh journal counts from the beginning, and its events are later.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, and_, case, or_, select
from sqlalchemy.orm import Session

from cloud.alerts.models import FarmAlarm
from cloud.telemetry.messages import EventRow, RowsMessage
from cloud.telemetry.store import insert

RAISED, CLEARED = "alarm_raised", "alarm_cleared"
KEY = ("gateway_id", "pond", "alarm", "device")
SAID = ("raised", "detail", "number", "at")


def learn(session: Session, batch: Sequence[tuple[str, RowsMessage]]) -> None:
    """Take what gateways say of their alarms."""
    rows = [row for gateway_id, message in batch for event in message.events for row in _row(gateway_id, event)]
    if not rows:
        return
    statement = insert(session, FarmAlarm)
    coming = statement.excluded
    still = and_(FarmAlarm.raised, coming.raised)
    said = {name: coming[name] for name in SAID}
    newer = or_(coming.number > FarmAlarm.number, coming.at > FarmAlarm.at)
    since = case((still, FarmAlarm.since), else_=coming.since)
    statement = statement.on_conflict_do_update(index_elements=KEY, set_={**said, "since": since}, where=newer)
    rows.sort(key=lambda row: (*(row[name] for name in KEY), row["at"], row["number"]))
    session.connection().execute(statement, rows)


def raised(session: Session, seen: Select[str]) -> Sequence[FarmAlarm]:
    """The open alarms of these farms."""
    return session.scalars(select(FarmAlarm).where(FarmAlarm.raised, FarmAlarm.gateway_id.in_(seen))).all()


def _row(gateway_id: str, event: EventRow) -> Iterator[dict[str, Any]]:
    alarm, device = event.detail.get("alarm"), event.detail.get("device", "")
    if event.kind not in (RAISED, CLEARED) or not isinstance(alarm, str) or not isinstance(device, str):
        return
    yield {
        "gateway_id": gateway_id,
        "pond": event.pond or "",
        "alarm": alarm,
        "device": device,
        "raised": event.kind == RAISED,
        "since": event.at,
        "detail": json.dumps(event.detail, ensure_ascii=False),
        "number": event.number,
        "at": event.at,
    }

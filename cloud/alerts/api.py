"""Alerts over REST."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from cloud.accounts.access import REFUSED, AlarmsSeen
from cloud.alerts import repository
from cloud.api import Reading

router = APIRouter(prefix="/api", tags=["alerts"], responses=REFUSED)


class AlertOut(BaseModel):
    """An alert, open while `closed_at` is null; Unix seconds."""

    id: int
    farm: str
    kind: str
    opened_at: float
    closed_at: float | None


@router.get("/alerts")
def list_alerts(reading: Reading, seen: AlarmsSeen, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[AlertOut]:
    """The newest alerts of the farms whose alarms you may see, newest first."""
    return [
        AlertOut(
            id=alert.id,
            farm=alert.gateway_id,
            kind=alert.kind,
            opened_at=alert.opened_at,
            closed_at=alert.closed_at,
        )
        for alert in repository.newest(reading, seen, limit)
    ]

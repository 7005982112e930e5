"""What the cloud's own data suggests to an officer today, among the farms that let them see their water."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.advisories import repository
from cloud.advisories.local_time import LOCAL
from cloud.advisories.preset import preset
from cloud.advisories.suggest import Draft, PondDawn, dawn_oxygen
from cloud.telemetry.calendar import date_of, day_number
from cloud.telemetry.days import days
from hardware.quantities import DO

DAWN_ENDS_HOUR = 10


def suggestions(reading: Session, asking: Asking, now_s: float) -> list[Draft]:
    """Drafts of today, none where data gives no reason."""
    today = date_of(day_number(now_s))
    limits = preset(today).dawn_oxygen
    rows = dawns(reading, asking, today - timedelta(days=limits.days), today, now_s)
    return dawn_oxygen(rows, today, limits)


def dawns(reading: Session, asking: Asking, first: date, last: date, now_s: float) -> list[PondDawn]:
    """Each pond's lowest oxygen of each day, where it was before mid-morning."""
    ponds = {(gateway, node): commune for gateway, node, commune in repository.watched_ponds(reading, asking, now_s)}
    return [
        PondDawn(f"{row.gateway_id} {row.node}", ponds[row.gateway_id, row.node], row.day, row.of.low)
        for row in days(reading, ponds, first, last)
        if row.of.quantity == DO.symbol and datetime.fromtimestamp(row.of.low_at, LOCAL).hour < DAWN_ENDS_HOUR
    ]

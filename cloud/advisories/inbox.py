"""The pages' own channel: advice comes to a person when their list shows it, and is read when they open it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from cloud.accounts.access import Asking
from cloud.advisories import repository
from cloud.advisories.models import Advisory
from cloud.advisories.telling import APP
from cloud.database import Database

OF_FARMS = ("farmer", "worker", "technician")


def came(database: Database, reading: Session, asking: Asking, shown: Sequence[Advisory], now_s: float) -> None:
    """These stand in a person's list; writes only where one is new to them."""
    if _counts(asking) and (fresh := repository.fresh(reading, asking, shown, APP)):
        with database.write() as writing:
            repository.delivered(writing, asking, fresh, APP, now_s)


def opened(database: Database, reading: Session, asking: Asking, advisory: Advisory, now_s: float) -> None:
    """A person opened this; the first time counts."""
    if _counts(asking) and repository.unread(reading, asking, [advisory.id], APP):
        with database.write() as writing:
            repository.read(writing, asking, advisory, APP, now_s)


def _counts(asking: Asking) -> bool:
    """Only people of farms are counted, and no machine reads for them."""
    return asking.role in OF_FARMS and asking.token is None

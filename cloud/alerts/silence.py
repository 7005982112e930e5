"""A gateway that says nothing any more: by the cloud's own monotonic clock, and only while the cloud can hear.

A gateway describes its farm every minute, and only that is a sign of life: rows may be a backlog. Whichever worker took the
description, the database shows that there is a new one.
"""

from collections.abc import Callable

from cloud.alerts import repository
from cloud.alerts.models import SILENT
from cloud.database import Database
from cloud.farms import repository as farms
from cloud.farms.models import Gateway


class Silence:
    """Opens and closes the alert of each gateway. `after_s` is how long a gateway may be silent."""

    def __init__(
        self, database: Database, monotonic: Callable[[], float], wall: Callable[[], float], after_s: float
    ) -> None:
        self._database = database
        self._monotonic = monotonic
        self._wall = wall
        self._after_s = after_s
        self._listening_since_s = monotonic()
        self._heard_s: dict[str, float] = {}
        self._described_at: dict[str, float | None] = {}

    def deaf(self) -> None:
        """The cloud cannot hear: nobody's silence counts, and all of them begin anew."""
        self._listening_since_s = self._monotonic()

    def check(self) -> None:
        """Open the alerts of the silent and close those of the rest; OperationalError when the database refuses."""
        now_s, wall_s = self._monotonic(), self._wall()
        with self._database.write() as session:
            for gateway in farms.farms(session):
                self._look(gateway, now_s)
                heard_s = self._heard_s.get(gateway.id)
                since_s = max(self._listening_since_s, heard_s or self._listening_since_s)
                if now_s - since_s >= self._after_s:
                    repository.open_one(session, gateway.id, SILENT, wall_s)
                elif heard_s is not None and heard_s >= self._listening_since_s:
                    repository.close(session, gateway.id, SILENT, wall_s)

    def _look(self, gateway: Gateway, now_s: float) -> None:
        """A description that is not the one of the last look: the gateway was heard since."""
        if self._described_at.get(gateway.id, gateway.described_at) != gateway.described_at:
            self._heard_s[gateway.id] = now_s
        self._described_at[gateway.id] = gateway.described_at

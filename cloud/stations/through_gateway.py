"""Stations that come through a Pondkeeper gateway: each ended cycle of their node becomes lines like any station's."""

from collections.abc import Callable

from cloud.database import Database
from cloud.stations import repository
from cloud.stations.cycles import of_node
from cloud.stations.flags import judge
from cloud.stations.models import Station

SETTLE_S = 15.0
NEAR_S, FAR_S = 2 * 3600, 30 * 86400
FAR_EVERY_S = 3600.0


class GatewayStations:
    """Looks two hours back at each step, and thirty days once an hour for what a gateway sends late."""

    def __init__(self, database: Database, monotonic: Callable[[], float], wall: Callable[[], float]) -> None:
        self._database = database
        self._monotonic = monotonic
        self._wall = wall
        self._done: dict[int, int] = {}
        self._far_s = -FAR_EVERY_S

    def step(self) -> None:
        """Store what has ended since; OperationalError when the database refuses."""
        now_s = self._wall()
        far = self._monotonic() - self._far_s >= FAR_EVERY_S
        with self._database.read() as session:
            stations = repository.through_gateways(session)
        for station in stations:
            last = int(now_s - SETTLE_S) // station.interval_s * station.interval_s
            if far or self._done.get(station.id) != last:
                self._fill(station, last, FAR_S if far else NEAR_S)
                self._done[station.id] = last
        if far:
            self._far_s = self._monotonic()

    def _fill(self, station: Station, last: int, back_s: int) -> None:
        source = of_node(station.gateway_id or "", station.node or "")
        begin = max(last - back_s, int(station.created_at))
        first = -(-begin // station.interval_s) * station.interval_s
        if first > last:
            return
        with self._database.write() as session:
            found = source(session, station.interval_s, first, last)
            lines = [line for end in sorted(found) for line in found[end]]
            repository.store(session, station.id, lines, self._wall())
            judge(session, station, self._wall())

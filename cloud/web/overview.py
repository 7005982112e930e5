"""Every pond that somebody may see, as it stands now, the most urgent first."""

from dataclasses import dataclass

from sqlalchemy import Select
from sqlalchemy.orm import Session

from cloud.alerts import repository as alerts
from cloud.farms import repository as farms
from cloud.farms.models import Gateway, Pond
from cloud.telemetry.latest import Lowest, Newest, latest_of, lows_of
from cloud.telemetry.summary import LACK_MG_L
from hardware.quantities import DO

STALE_AFTER_S = 120.0
LEVELS = ("danger", "low_night", "lost", "watch", "ok")


@dataclass(frozen=True, slots=True)
class PondView:
    """A pond now. `level` as on the farm's own page; `lowest` of last night; `silent`: its gateway says nothing."""

    pond: Pond
    farm: Gateway
    newest: Newest | None
    lowest: Lowest | None
    age_s: float | None
    silent: bool

    @property
    def do_state(self) -> str:
        """Good, bad, stale, or waiting for a first value."""
        oxygen = self.newest.get(DO.symbol) if self.newest else None
        if oxygen is None or self.age_s is None:
            return "waiting"
        if self.age_s > STALE_AFTER_S:
            return "stale"
        return "good" if oxygen.quality == 0 and oxygen.value is not None else "bad"

    @property
    def do_mg_l(self) -> float | None:
        """The newest oxygen, whatever its quality."""
        oxygen = self.newest.get(DO.symbol) if self.newest else None
        return oxygen.value if oxygen else None

    @property
    def level(self) -> str:
        """In a word: danger, watch, ok; lost where the newest oxygen cannot be believed."""
        value = self.do_mg_l if self.do_state == "good" else None
        if value is None:
            return "lost"
        if value < self.pond.danger_low:
            return "danger"
        return "watch" if value < self.pond.alarm_low else "ok"

    @property
    def urgency(self) -> str:
        """One of LEVELS: in danger now, was in danger last night, says nothing, low, well."""
        return "low_night" if self.was_low and self.level != "danger" else self.level

    @property
    def was_low(self) -> bool:
        """Under 3 mg/L last night, whatever the farm's own limits are."""
        return self.lowest is not None and self.lowest.do_mg_l < LACK_MG_L


def overview(session: Session, water: Select[str], alarms: Select[str], now_s: float) -> list[PondView]:
    """All ponds of the farms that may be seen, by urgency, then by how low oxygen was."""
    names = {farm.id: farm for farm in farms.seen(session, water)}
    ponds = [pond for pond in farms.ponds_seen(session, water) if pond.gateway_id in names]
    silent = {alert.gateway_id for alert in alerts.opened(session, alarms)}
    nodes = [(pond.gateway_id, pond.node) for pond in ponds if pond.node]
    newest, lows = latest_of(session, nodes), lows_of(session, nodes, now_s)
    views = [_view(pond, names[pond.gateway_id], newest, lows, silent, now_s) for pond in ponds]
    return sorted(views, key=_order)


def one(session: Session, pond: Pond, alarms: Select[str], now_s: float) -> PondView:
    """One pond."""
    nodes = [(pond.gateway_id, pond.node)] if pond.node else []
    of_farm = alarms.where(alarms.selected_columns[0] == pond.gateway_id)
    silent = {alert.gateway_id for alert in alerts.opened(session, of_farm)}
    newest, lows = latest_of(session, nodes), lows_of(session, nodes, now_s)
    return _view(pond, session.get_one(Gateway, pond.gateway_id), newest, lows, silent, now_s)


def _view(
    pond: Pond,
    farm: Gateway,
    newest: dict[tuple[str, str], Newest],
    lows: dict[tuple[str, str], Lowest],
    silent: set[str],
    now_s: float,
) -> PondView:
    key = (pond.gateway_id, pond.node or "")
    found = newest.get(key)
    age_s = now_s - found.taken_at if found else None
    return PondView(pond, farm, found, lows.get(key), age_s, pond.gateway_id in silent)


def _order(view: PondView) -> tuple[int, float, str]:
    lowest = view.lowest.do_mg_l if view.lowest else 99.0
    return LEVELS.index(view.urgency), lowest, view.pond.name

"""What waits for an officer: open alarms, silent gateways, ponds that were low last night, ponds without data."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Select
from sqlalchemy.orm import Session

from cloud.alerts import alarms_repository as alarms_of
from cloud.alerts import marks_repository as marks_of
from cloud.alerts import repository as alerts
from cloud.alerts.models import Mark
from cloud.farms import repository as farms
from cloud.farms.models import Gateway
from cloud.telemetry.calendar import begins_at, night_number
from cloud.web.overview import PondView, overview
from gateway.alarms.kinds import KINDS as ALARMS
from gateway.alarms.kinds import Priority

Kind = Literal["alarm", "silent", "low_night", "no_data"]
KINDS: tuple[Kind, ...] = ("alarm", "silent", "low_night", "no_data")
NO_DATA_AFTER_S = 900.0
RANK: dict[str, int] = {"critical": 0, "silent": 1, "low_night": 2, "high": 3, "no_data": 4, "low": 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits. `pond` is its key, "" for the whole farm; `since` None where it never was otherwise, of a low
    night when it was lowest.

    `cause` names it within its pond, and `began` this time of it, both for marks. `pond_id` is there for whom the pond's
    water is shown to, `farm_open` where some of the farm's is.
    """

    farm: Gateway
    kind: Kind
    cause: str
    began: float
    pond: str = ""
    pond_name: str = ""
    pond_id: int | None = None
    farm_open: bool = False
    since: float | None = None
    priority: Priority | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    do_mg_l: float | None = None
    mark: Mark | None = None

    @property
    def key(self) -> marks_of.Key:
        """What a mark names it by."""
        return self.farm.id, self.pond, self.cause

    @property
    def order(self) -> tuple[Any, ...]:
        """The most urgent first; among equals what nobody sees to, then the lowest oxygen, then the oldest."""
        low = self.do_mg_l if self.do_mg_l is not None else 0.0
        return RANK[self.priority or self.kind], self.mark is not None, low, self.since or 0.0, self.key


def worklist(session: Session, water: Select[str], alarms: Select[str], now_s: float) -> list[Item]:
    """All of it, by urgency. What a farm does not grant is not there: alarms and silence by one, water by the other."""
    views = overview(session, water, alarms, now_s)
    told = _Told(session, alarms, views)
    found = [*told.alarms(), *told.silences(), *_of_water(views)]
    marks = marks_of.marks(session, {item.farm.id for item in found})
    return sorted((_marked(item, marks) for item in found), key=lambda item: item.order)


def one(session: Session, water: Select[str], alarms: Select[str], key: marks_of.Key, now_s: float) -> Item | None:
    """The item of this key; None where there is none that they may see now."""
    mine = [seen.where(seen.selected_columns[0] == key[0]) for seen in (water, alarms)]
    return next((item for item in worklist(session, mine[0], mine[1], now_s) if item.key == key), None)


class _Told:
    """What gateways tell, or no longer tell, of the farms that grant it."""

    def __init__(self, session: Session, seen: Select[str], views: list[PondView]) -> None:
        self._session = session
        self._seen = seen
        self._farms = {farm.id: farm for farm in farms.seen(session, seen)}
        self._open = {(view.farm.id, view.pond.key): view.pond.id for view in views}
        self._farms_open = {view.farm.id for view in views}

    def alarms(self) -> Iterator[Item]:
        """Open alarms."""
        names = {(pond.gateway_id, pond.key): pond.name for pond in farms.ponds_seen(self._session, self._seen)}
        for row in alarms_of.raised(self._session, self._seen):
            if row.gateway_id in self._farms:
                place = (row.gateway_id, row.pond)
                yield Item(
                    farm=self._farms[row.gateway_id],
                    kind="alarm",
                    cause=f"alarm {row.alarm} {row.device}".strip(),
                    began=row.since,
                    pond=row.pond,
                    pond_name=names.get(place, row.pond),
                    pond_id=self._open.get(place),
                    farm_open=row.gateway_id in self._farms_open,
                    since=row.since,
                    priority=ALARMS[row.alarm].priority if row.alarm in ALARMS else "high",
                    detail=json.loads(row.detail),
                )

    def silences(self) -> Iterator[Item]:
        """Silent gateways."""
        for alert in alerts.opened(self._session, self._seen):
            if alert.gateway_id in self._farms:
                yield Item(
                    farm=self._farms[alert.gateway_id],
                    kind="silent",
                    cause="silent",
                    began=alert.opened_at,
                    farm_open=alert.gateway_id in self._farms_open,
                    since=alert.opened_at,
                )


def _of_water(views: list[PondView]) -> Iterator[Item]:
    """Ponds that were low, and those without data, unless their gateway is said to be silent."""
    for view in views:
        if view.was_low and view.lowest is not None:
            night_began = begins_at(night_number(view.lowest.at))
            yield _at_pond(view, "low_night", night_began, view.lowest.at, view.lowest.do_mg_l)
        if view.pond.node and not view.silent and (view.age_s is None or view.age_s > NO_DATA_AFTER_S):
            taken_at = view.newest.taken_at if view.newest else None
            yield _at_pond(view, "no_data", taken_at or 0.0, taken_at)


def _at_pond(view: PondView, kind: Kind, began: float, since: float | None, do_mg_l: float | None = None) -> Item:
    return Item(
        farm=view.farm,
        kind=kind,
        cause=kind,
        began=began,
        pond=view.pond.key,
        pond_name=view.pond.name,
        pond_id=view.pond.id,
        farm_open=True,
        since=since,
        do_mg_l=do_mg_l,
    )


def _marked(item: Item, marks: dict[marks_of.Key, Mark]) -> Item:
    mark = marks.get(item.key)
    return replace(item, mark=mark) if mark is not None and mark.began == item.began else item

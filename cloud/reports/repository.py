"""All queries for the figures of reports."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, farms_seen
from cloud.alerts.models import Alert
from cloud.farms.models import Gateway, Pond
from cloud.reports.lines import PondFacts
from cloud.reports.periods import DAY, local_day, midnight_s
from cloud.telemetry.models import Event

RAISED = "alarm_raised"
TEST = "proof_test"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; of no pond in particular, `pond` is None."""

    gateway_id: str
    pond: str | None
    kind: str
    day: date


def ponds(session: Session, asking: Asking, communes: Iterable[str], now_s: float) -> list[PondFacts]:
    """The ponds of these communes whose water may be seen, by commune, farm and name."""
    alarms = set(session.scalars(farms_seen(asking, "alarms", now_s)))
    rows = session.execute(
        select(Pond, Gateway)
        .join(Gateway, Gateway.id == Pond.gateway_id)
        .where(Gateway.commune.in_(list(communes)), Gateway.id.in_(farms_seen(asking, "water", now_s)))
        .order_by(Gateway.commune, Gateway.farm_name, Gateway.id, Pond.name)
    )
    return [
        PondFacts(
            id=pond.id,
            gateway_id=farm.id,
            key=pond.key,
            node=pond.node,
            name=pond.name,
            farm=farm.farm_name or farm.id,
            commune=farm.commune or "",
            kind=pond.kind,
            area_m2=pond.area_m2,
            alarms_seen=farm.id in alarms,
        )
        for pond, farm in rows
    ]


def withheld(session: Session, asking: Asking, communes: Iterable[str], now_s: float) -> int:
    """How many farms of these communes do not show their water."""
    there = select(func.count()).select_from(Gateway).where(Gateway.commune.in_(list(communes)))
    there = there.where(Gateway.farm_name.is_not(None), Gateway.id.not_in(farms_seen(asking, "water", now_s)))
    return session.scalar(there) or 0


def alarms(
    session: Session, asking: Asking, communes: Iterable[str], first: date, last: date, now_s: float
) -> list[Alarm]:
    """What farms of these communes raised on these days, and when they fell silent; tests of alarms are none."""
    seen = farms_seen(asking, "alarms", now_s)
    farms = select(Gateway.id).where(Gateway.commune.in_(list(communes)), Gateway.id.in_(seen))
    span = midnight_s(first), midnight_s(last + DAY)
    return [*_raised(session, farms, span), *_silences(session, farms, span)]


def _raised(session: Session, farms: Select[str], span: tuple[float, float]) -> list[Alarm]:
    rows = session.execute(
        select(Event.gateway_id, Event.pond, Event.detail, Event.at).where(
            Event.gateway_id.in_(farms),
            Event.kind == RAISED,
            Event.wall_known,
            Event.at >= span[0],
            Event.at < span[1],
        )
    )
    found = [Alarm(gateway, pond, _kind(detail), local_day(at)) for gateway, pond, detail, at in rows]
    return [alarm for alarm in found if alarm.kind not in ("", TEST)]


def _silences(session: Session, farms: Select[str], span: tuple[float, float]) -> list[Alarm]:
    rows = session.execute(
        select(Alert.gateway_id, Alert.kind, Alert.opened_at).where(
            Alert.gateway_id.in_(farms), Alert.opened_at >= span[0], Alert.opened_at < span[1]
        )
    )
    return [Alarm(gateway, None, kind, local_day(at)) for gateway, kind, at in rows]


def _kind(detail: str) -> str:
    kind = json.loads(detail).get("alarm", "")
    return kind if isinstance(kind, str) else ""

"""What happened in the province: alarms, reports of farmers, advice of the officer, crops."""

import json
from collections.abc import Iterable
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud.accounts.access import Asking, Role
from cloud.accounts.models import FarmPerson, Person
from cloud.advisories import repository as advice
from cloud.advisories.bodies import AdvisoryIn
from cloud.advisories.telling import APP
from cloud.alerts import alarms_repository as alarms
from cloud.crops import book
from cloud.farms.models import Gateway, Pond
from cloud.incidents import repository as incidents
from cloud.seed.people import asking
from cloud.seed.plan import Plan, farm_id
from cloud.telemetry.calendar import date_of, day_number
from cloud.telemetry.messages import parse_rows
from cloud.telemetry.store import store
from gateway.uplink.messages import SCHEMA

DAY_S = 86400.0
ALARMS = (("do_low", 0, 2400.0), ("mains_lost", 5, 600.0), ("aerator_not_running", 9, 7200.0))
"""Which alarm is open, at which farm, for how long."""
REPORTS = ("dead_shrimp", "disease_sign", "water_colour")
EVERY_CROP = 10
"""One farm in so many keeps its crops."""


def make(session: Session, plan: Plan, communes: list[str], staff: dict[Role, Asking], now_s: float) -> None:
    """All of it, as those people would have written it down."""
    _alarms(session, plan, now_s)
    _reports(session, staff, now_s)
    _advice(session, staff, communes, now_s)
    _crops(session, range(0, plan.farms, EVERY_CROP), now_s)


def _alarms(session: Session, plan: Plan, now_s: float) -> None:
    for alarm, farm, for_s in ALARMS:
        if farm < plan.farms:
            event = {
                "number": 1, "kind": "alarm_raised", "pond": "ao-1", "detail": {"alarm": alarm}, "at": now_s - for_s,
                "wall_known": True,
            }  # fmt: skip
            body = {"schema": SCHEMA, "batch": "demo", "blocks": [], "events": [event]}
            message = parse_rows(json.dumps(body).encode())
            store(session, farm_id(farm), message, now_s)
            alarms.learn(session, [(farm_id(farm), message)])


def _reports(session: Session, staff: dict[Role, Asking], now_s: float) -> None:
    """One that waits, one that was seen to, and some of neighbours within a few days."""
    for place, kind in enumerate(REPORTS):
        made = incidents.report(
            session, staff["farmer"], farm_id(0), f"ao-{place + 1}", kind, "Thấy lúc đi cho ăn.", now_s - 3600 * place
        )
        if made is not None and place == 1:
            incidents.take_step(session, staff["officer"], made, "taken", "", now_s - 1800)
            incidents.take_step(session, staff["officer"], made, "visited", "Đã lấy mẫu nước.", now_s - 600)
    for place, farm in enumerate(_neighbours(session)):
        owner = _owner(session, farm)
        if owner is not None:
            incidents.report(
                session, owner, farm, "", REPORTS[place % 2], "Tôm chết rải rác.", now_s - place * DAY_S / 2
            )


def _neighbours(session: Session) -> list[str]:
    """The farms nearest to the second owner's first one."""
    here = session.get(Gateway, farm_id(2))
    if here is None or here.latitude is None or here.longitude is None:
        return []
    apart = (Gateway.latitude - here.latitude) * (Gateway.latitude - here.latitude) + (
        Gateway.longitude - here.longitude
    ) * (Gateway.longitude - here.longitude)
    return list(session.scalars(select(Gateway.id).order_by(apart).limit(5)))


def _owner(session: Session, farm: str) -> Asking | None:
    found = session.scalars(
        select(Person)
        .join(FarmPerson, FarmPerson.person_id == Person.id)
        .where(FarmPerson.gateway_id == farm, Person.role == "farmer")
    ).first()
    return asking(found, "farmer") if found is not None else None


def _advice(session: Session, staff: dict[Role, Asking], communes: list[str], now_s: float) -> None:
    front = AdvisoryIn(
        kind="salinity_front",
        title_vi="Nước mặn vào sâu trong hai ngày tới",
        body_vi="Đo độ mặn trước khi lấy nước. Trên 20 ‰ thì chưa lấy nước vào ao.",
        title_en="Salt water comes far inland within two days",
        body_en="Measure salinity before you take water in. Above 20 ‰ take none yet.",
        communes=communes,
        valid_from=now_s,
        valid_until=now_s + 3 * DAY_S,
    )
    issued = advice.write(session, staff["officer"], front, now_s)
    advice.issue(session, issued, [APP], now_s)
    advice.read(session, staff["farmer"], issued, APP, now_s)
    heat = AdvisoryIn(
        kind="heat",
        title_vi="Nắng nóng kéo dài",
        body_vi="Giữ mực nước trên 1,2 m, chạy quạt sớm hơn mỗi đêm.",
        communes=communes[:3],
        pond_kinds=["intensive"],
        valid_from=now_s,
        valid_until=now_s + 2 * DAY_S,
    )
    advice.write(session, staff["officer"], heat, now_s)


def _crops(session: Session, farms: Iterable[int], now_s: float) -> None:
    today = date_of(day_number(now_s))
    for farm in farms:
        owner = _owner(session, farm_id(farm))
        for pond in session.scalars(select(Pond).where(Pond.gateway_id == farm_id(farm))):
            for wish in _two_crops(today, pond.area_m2 or 1000.0):
                if owner is not None:
                    book.begin(session, owner, pond, wish, now_s, today)


def _two_crops(today: date, area_m2: float) -> Iterable[book.CropIn]:
    """A hundred animals a square metre: a crop that is over, and the one that runs."""
    count = int(area_m2 * 100)
    over = today - timedelta(days=60)
    yield book.CropIn(
        species="vannamei", stocked_on=over - timedelta(days=90), stocked_count=count, harvested_on=over,
        harvest_kg=count * 0.8 / 60, feed_kg=count * 0.8 / 60 * 1.3, per_kg=60,
    )  # fmt: skip
    yield book.CropIn(species="vannamei", stocked_on=today - timedelta(days=45), stocked_count=count)

"""A made-up province to look at: farms with a month of samples, people, stations, and what happened there."""

from cloud.areas import repository as areas
from cloud.database import Database
from cloud.farms.models import Gateway
from cloud.seed import happenings, people, public
from cloud.seed.plan import PROVINCE, Plan, farm_id
from cloud.seed.ponds import make_farms
from cloud.telemetry.calendar import date_of, day_number

FARMS_AT_ONCE = 20

__all__ = ["Plan", "SeedError", "seed"]


class SeedError(Exception):
    """The province cannot be made; the text says why and what to do."""


def seed(database: Database, plan: Plan, now_s: float) -> int:
    """Make it; returns how many samples of ponds. SeedError where the database has farms of that name already."""
    with database.write() as session:
        if session.get(Gateway, farm_id(0)) is not None:
            raise SeedError("a made-up province is there already: use an empty --data folder")
        communes = [unit.code for unit in areas.communes(session, date_of(day_number(now_s)), PROVINCE)]
        staff = people.make_staff(session, now_s)
        public.make(session, plan, communes, staff["officer"], now_s)
    total = 0
    for begin in range(0, plan.farms, FARMS_AT_ONCE):
        with database.write() as session:
            numbers = range(begin, min(begin + FARMS_AT_ONCE, plan.farms))
            total += make_farms(session, plan, numbers, communes, now_s)
            people.give_farms(session, numbers, now_s)
    with database.write() as session:
        happenings.make(session, plan, communes, staff, now_s)
    return total

"""How fast the cloud answers: one pond's month among 20 million rows, and the newest values of 2,000 ponds.

Beside them, in the same database: a plain table of rows keyed by pond and time, of a twentieth of the rows, which flatters
it; and the newest values found by opening each pond's newest day.
"""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator

import numpy as np
from sqlalchemy import Column, Float, Integer, MetaData, Table, insert, select
from sqlalchemy.orm import Session

from bench.table import percentile, show
from cloud.database import Database, migrate
from cloud.seed import Plan, seed
from cloud.seed.ponds import BOOT
from cloud.telemetry.calendar import DAY_S, begins_at, day_number
from cloud.telemetry.history import day_rows, series
from cloud.telemetry.latest import latest_of
from cloud.telemetry.messages import Block, RowsMessage
from cloud.telemetry.models import Node
from cloud.telemetry.store import store_all
from gateway.uplink.messages import SCHEMA
from hardware.quantities import DO
from tests.cloud.servers import postgresql

MONTH = Plan(ponds=464, days=30, minutes=1)
MANY = Plan(ponds=2000, days=1, minutes=10)
ASKED, PLAIN_PONDS, BUCKETS = 300, 23, 500
QUANTITIES = ["do_mg_l", "temperature_c", "salinity_psu", "ph"]

PLAIN = Table(
    "plain",
    MetaData(),
    Column("node", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, primary_key=True),
    *(Column(name, Float) for name in QUANTITIES),
    sqlite_with_rowid=False,
)


def run() -> None:
    """Both databases."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        rows += measured("SQLite", lambda which: f"sqlite:///{name}/{which}.sqlite")
    with postgresql() as month, postgresql() as many:
        urls = {"month": month.url, "many": many.url}
        rows += measured("PostgreSQL", urls.__getitem__)
    show(
        f"Reading, warm; {ASKED} questions each",
        ["figure", "database", "p50 ms", "p99 ms", "to reach", "baseline p50 ms", "p99 ms"],
        rows,
        f"baselines: plain rows of {PLAIN_PONDS} ponds instead of {MONTH.ponds}; each pond's newest day opened",
    )


def measured(database_name: str, url_of: Callable[[str], str]) -> Iterator[list[str]]:
    """Two rows of the table."""
    now_s = begins_at(day_number(time.time())) + DAY_S / 2
    with seeded(url_of("month"), MONTH, begins_at(day_number(now_s))) as (database, samples):
        add_hot(database, now_s)
        mine = timed(database, lambda session, chance: month_of(session, chance, now_s))
        fill_plain(database)
        plain = timed(database, plain_month)
        title = f"a pond's 30 days in {BUCKETS} buckets, {samples / 1e6:.0f} million rows"
        yield [title, database_name, *shown(mine), "30 / 100", *shown(plain)]
    with seeded(url_of("many"), MANY, now_s) as (database, _):
        with database.read() as session:
            nodes = [(row.gateway_id, row.node) for row in session.execute(select(Node.gateway_id, Node.node))]
        mine = timed(database, lambda session, _: latest_of(session, nodes), 30)
        opened = timed(database, lambda session, _: newest_of_days(session, now_s), 3)
        yield [f"newest values of {len(nodes):,} ponds", database_name, *shown(mine), "50", *shown(opened)]


@contextlib.contextmanager
def seeded(url: str, plan: Plan, now_s: float) -> Iterator[tuple[Database, int]]:
    """A database with a made-up province in it, and how many samples that is."""
    migrate(url)
    database = Database(url)
    samples = seed(database, plan, now_s)
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    yield database, samples
    database.engine.dispose()


def add_hot(database: Database, now_s: float) -> None:
    """Every pond's open day as it comes in: a message each ten minutes, a sample a minute."""
    begin_s = begins_at(day_number(now_s))
    with database.read() as session:
        nodes = session.execute(select(Node.gateway_id, Node.node)).all()
    for gateway_id, node in nodes:
        numbers = range(0, int(now_s - begin_s) // 60, 10)
        with database.write() as session:
            store_all(session, [(gateway_id, message(node, begin_s, number)) for number in numbers], now_s)


def message(node: str, begin_s: float, number: int) -> RowsMessage:
    """Ten samples."""
    block = Block(
        node=node,
        boot=BOOT + 1,
        quantities=QUANTITIES,
        sequence=list(range(number, number + 10)),
        taken_at=[begin_s + 60.0 * each for each in range(number, number + 10)],
        wall_known=[True] * 10,
        late=[False] * 10,
        values=[[5.0 + each / 10 for each in range(10)] for _ in QUANTITIES],
        flaws=[],
    )
    return RowsMessage(schema=SCHEMA, batch="b", blocks=[block], events=[])


def month_of(session: Session, chance: np.random.Generator, now_s: float) -> None:
    """A pond's last thirty days, any pond."""
    pond = int(chance.integers(MONTH.ponds))
    gateway_id = f"demo-{pond // 4}"
    found = series(session, gateway_id, f"{gateway_id}-{pond % 4 + 1}", DO.symbol, now_s - 30 * DAY_S, now_s, BUCKETS)
    assert len(found) == BUCKETS


def fill_plain(database: Database) -> None:
    """The same thirty days of some ponds as plain rows, written in the order in which they were measured."""
    PLAIN.create(database.engine)
    chance = np.random.default_rng(1)
    for minute in range(0, MONTH.days * 1440, 100):
        values = chance.normal(5, 1, (100, PLAIN_PONDS)).round(2)
        rows = [
            {"node": node, "at": 60.0 * (minute + row), **dict.fromkeys(QUANTITIES, float(values[row, node]))}
            for row in range(100)
            for node in range(PLAIN_PONDS)
        ]
        with database.engine.begin() as connection:
            connection.execute(insert(PLAIN), rows)


def plain_month(session: Session, chance: np.random.Generator) -> None:
    """The same question to the plain table, answered by the database alone."""
    width = MONTH.days * DAY_S / BUCKETS
    asked = (
        f"SELECT CAST(FLOOR(at / {width}) AS INTEGER) AS bucket, min(do_mg_l), avg(do_mg_l), max(do_mg_l), count(*) "
        f"FROM plain WHERE node = {int(chance.integers(PLAIN_PONDS))} GROUP BY bucket ORDER BY bucket"
    )
    assert len(session.connection().exec_driver_sql(asked).all()) == BUCKETS


def newest_of_days(session: Session, now_s: float) -> None:
    """What the table of newest values saves."""
    for node in session.scalars(select(Node.id)):
        day_rows(session, node, day_number(now_s))


def timed(
    database: Database, question: Callable[[Session, np.random.Generator], object], times: int = ASKED
) -> list[float]:
    """Milliseconds of each answer, after a tenth of them to warm up."""
    chance = np.random.default_rng(2)
    took = []
    for number in range(-(times // 10), times):
        with database.read() as session:
            began_s = time.perf_counter()
            question(session, chance)
            if number >= 0:
                took.append(1000 * (time.perf_counter() - began_s))
    return took


def shown(took: list[float]) -> list[str]:
    """p50 and p99."""
    return [f"{percentile(took, share):.1f}" for share in (0.5, 0.99)]

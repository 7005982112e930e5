"""Reports by e-mail, through a real mail server: once to everybody, tried again, never twice to the same address."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cloud.accounts import repository as people
from cloud.accounts.models import Person
from cloud.reports import schedules
from cloud.reports.mail import sender
from cloud.reports.models import Schedule, Sending
from cloud.reports.periods import midnight_s
from cloud.reports.post import Post
from tests.cloud.mail_server import Mailbox, mail_server
from tests.cloud.people import browser
from tests.cloud.report_world import COMMUNE, HOUR_S, World, make_world

TENTH = date(2026, 11, 10)
DUE_S = midnight_s(date(2026, 12, 1)) + 6 * HOUR_S
DAY_S = 86400.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with make_world(tmp_path) as made:
        made.measure("g1", TENTH, [4.0, 2.5, 2.25, 5.0])
        yield made


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as made:
        yield made


def subscribe(world: World, *recipients: str, **changes: Any) -> str:
    wish = {
        "area": f"commune:{COMMUNE}",
        "period": "month",
        "format": "xlsx",
        "recipients": list(recipients),
        **changes,
    }
    made = browser(world.cloud.app, world.officer).post("/api/reports/schedules", json=wish)
    assert made.status_code == 201
    return f"/api/reports/schedules/{made.json()['id']}/sendings"


def post_of(world: World, box: Mailbox | None) -> Post:
    return Post(world.cloud.database, sender(box.url if box else ""), lambda: world.cloud.time.wall_s)


def at(world: World, post: Post, wall_s: float) -> None:
    world.cloud.time.wall_s = wall_s
    post.step()


def sendings(world: World, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = browser(world.cloud.app, world.officer).get(path).json()
    return found


def next_try_s(world: World) -> float | None:
    with world.cloud.database.read() as session:
        return session.query(Sending).one().again_at


def test_a_months_report_goes_out_when_the_month_is_over_and_once(world: World, box: Mailbox) -> None:
    path, post = subscribe(world, "a@example.org", "b@example.org"), post_of(world, box)
    at(world, post, DUE_S - 1)
    assert box.letters == []
    for wall_s in (DUE_S, DUE_S + 60, DUE_S + 5 * DAY_S):
        at(world, post, wall_s)
    assert [to for to, _ in box.letters] == ["a@example.org", "b@example.org"]
    letter = box.letters[0][1]
    assert letter["subject"] == "Báo cáo Phường Bình Đức, Tháng 11/2026"
    attached = next(letter.iter_attachments())
    assert attached.get_filename() == "bao-cao-phuong-binh-duc-2026-11-01-2026-11-30.xlsx"
    assert attached.get_content().startswith(b"PK")
    (sent,) = sendings(world, path)
    assert (sent["sent_at"], sent["again_at"], sent["error"], sent["first"]) == (DUE_S, None, "", "2026-11-01")
    with world.cloud.database.read() as session:
        assert session.query(Sending).one().content is None, "what everybody has is not kept"


def test_who_did_not_get_it_gets_it_later_and_nobody_twice(world: World, box: Mailbox) -> None:
    path, post = subscribe(world, "a@example.org", "b@example.org"), post_of(world, box)
    box.refused = {"b@example.org"}
    at(world, post, DUE_S)
    (waits,) = sendings(world, path)
    assert (waits["error"], waits["again_at"], waits["tries"]) == ("not_taken", DUE_S + 300, 1)
    at(world, post, DUE_S + 299)
    at(world, post, DUE_S + 300)
    assert sendings(world, path)[0]["again_at"] == DUE_S + 900
    assert [to for to, _ in box.letters] == ["a@example.org"]
    box.refused = set()
    at(world, post, DUE_S + 900)
    assert [to for to, _ in box.letters] == ["a@example.org", "b@example.org"]
    assert sendings(world, path)[0]["sent_at"] == DUE_S + 900


def test_the_report_that_waits_is_the_one_that_was_made(world: World, box: Mailbox) -> None:
    subscribe(world, "a@example.org")
    at(world, post_of(world, None), DUE_S)
    with world.cloud.database.read() as session:
        kept = session.query(Sending).one()
        assert kept.error == "no_mail"
    world.measure("g1", date(2026, 11, 11), [1.0])
    at(world, post_of(world, box), DUE_S + 300)
    assert next(box.letters[0][1].iter_attachments()).get_content() == kept.content


def test_a_server_that_is_gone_is_tried_for_a_week(world: World, box: Mailbox) -> None:
    path = subscribe(world, "a@example.org", format="pdf")
    post = Post(
        world.cloud.database, sender("mailto://127.0.0.1:9/?from=a@b.vn&mode=insecure"), lambda: world.cloud.time.wall_s
    )
    at(world, post, DUE_S)
    while (again_s := next_try_s(world)) is not None:
        at(world, post, again_s)
    (last,) = sendings(world, path)
    assert last["error"] == "not_taken"
    assert last["tries"] < 40
    assert 7 * DAY_S <= world.cloud.time.wall_s - DUE_S < 7.5 * DAY_S


def test_who_left_or_lost_the_area_sends_nothing_more(world: World, box: Mailbox) -> None:
    path, post = subscribe(world, "a@example.org"), post_of(world, box)
    with world.cloud.database.write() as session:
        people.set_scope(session, world.officer, [])
    at(world, post, DUE_S)
    assert box.letters == []
    assert sendings(world, path)[0]["error"] == "no_right"
    with world.cloud.database.write() as session:
        people.set_scope(session, world.officer, [("commune", COMMUNE)])
        session.get_one(Person, world.officer).closed_at = DUE_S
    at(world, post, DUE_S + 300)
    assert box.letters == []


def test_two_processes_send_one_report(world: World, box: Mailbox) -> None:
    subscribe(world, "a@example.org")
    world.cloud.time.wall_s = DUE_S
    database = world.cloud.database
    with database.write() as session:
        (seen_by_both,) = schedules.due(session, DUE_S)
    for post in (post_of(world, box), post_of(world, box)):
        with database.write() as session:
            post._begin(session, seen_by_both)
    with database.read() as session:
        assert session.query(Sending).count() == 1
        (waiting,) = schedules.waiting(session, DUE_S)
    with database.write() as session:
        assert schedules.claim(session, waiting, DUE_S) is not None
    at(world, post_of(world, box), DUE_S)
    assert box.letters == [], "another process has it"
    at(world, post_of(world, box), DUE_S + schedules.CLAIM_S)
    assert len(box.letters) == 1, "and died, so it is sent after all"


def test_after_a_month_of_standing_still_the_newest_day_is_sent(world: World, box: Mailbox) -> None:
    path = subscribe(world, "a@example.org", period="day")
    at(world, post_of(world, box), DUE_S)
    assert [sent["first"] for sent in sendings(world, path)] == ["2026-11-30"]
    with world.cloud.database.read() as session:
        assert session.query(Schedule).one().next_at == DUE_S + DAY_S

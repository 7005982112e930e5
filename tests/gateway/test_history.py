"""Minutes and hours, made of samples each once; charts of any range; what is kept how long."""

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import numpy as np
import pytest

from gateway.bus.samples import Quality, Reading, Sample
from gateway.clock import Clock
from gateway.control.learn import running_from_current
from gateway.journal import rows as journal_rows
from gateway.journal import schema
from gateway.journal.condense import condense
from gateway.journal.history import Bucket, rows, series
from gateway.journal.keeping import BELIEVED_AFTER_S, Keeping
from gateway.journal.minutes import read_minutes
from gateway.journal.reader import JournalReader
from gateway.journal.settings import StorageSettings
from gateway.journal.spare import Spare
from gateway.journal.store import Journal
from tests.gateway.farms import Steps, sample
from tests.gateway.powercut import PowerCutDisk

START_S = 1_800_000_000.0 - 1_800_000_000.0 % 3600


class Book:
    """A journal's tables and both clocks in hand."""

    def __init__(self, path: Path, settings: StorageSettings | None = None, cloud: bool = True) -> None:
        path.parent.mkdir(exist_ok=True)
        self.path = path
        self.steps = Steps(wall_s=START_S)
        self.connection = apsw.Connection(str(path))
        self.connection.pragma("journal_mode", "wal")
        self.connection.pragma("synchronous", "off")
        schema.bring_up_to_date(self.connection)
        self.keeping = Keeping(
            path=path,
            clock=self.steps.clock(),
            boot="b",
            settings=settings or StorageSettings(),
            spare=Spare(path),
            cloud=cloud,
        )

    def put(self, *samples: Sample, clock: Clock | None = None) -> None:
        """Into the table, as the writer does."""
        with journal_rows.transaction(self.connection):
            for one in samples:
                journal_rows.insert_sample(self.connection, one, clock or self.steps.clock(), "b")

    def condense(self, bite: int = 500) -> None:
        """All that waits."""
        with journal_rows.transaction(self.connection):
            while condense(self.connection, bite):
                pass

    def keep(self) -> int:
        """Until there is nothing to do; returns how many bites that took."""
        bites = 0
        while self.keeping.bite(self.connection):
            bites += 1
        return bites

    def count(self, table: str) -> int:
        """Rows of a table."""
        return int(self.connection.execute(f"SELECT COUNT(*) FROM {table}").get)

    def events(self) -> list[dict[str, Any]]:
        """Newest first."""
        with self.reader() as reader:
            return reader.events()

    def reader(self) -> closing[JournalReader]:
        """As a page reads it."""
        return closing(JournalReader(self.path))


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book(tmp_path / "j" / "journal.sqlite")
    yield made
    made.connection.close()


def taken(number: int, at_s: float, value: float | None, quality: Quality = Quality.GOOD) -> Sample:
    """A sample so many seconds after the book's beginning."""
    reading = Reading(quantity="do_mg_l", value=value, quality=quality)
    return Sample(node="n1", boot=7, sequence=number, taken_s=1000.0 + at_s, readings=(reading,))


def minutes(book: Book) -> list[tuple[object, ...]]:
    asked = "SELECT at, low, mean, high, count, asked FROM minutes ORDER BY trace, at"
    return book.connection.execute(asked).fetchall()


def test_a_minute_has_low_mean_high_of_good_values_and_the_count_of_all(book: Book) -> None:
    book.put(taken(1, 0, 4.0), taken(2, 10, 6.0), taken(3, 20, None, Quality.BAD), taken(4, 30, 9.0, Quality.UNCERTAIN))
    book.condense()
    assert minutes(book) == [(START_S // 60, 4.0, 5.0, 6.0, 2, 4)]


def test_late_samples_join_their_minute_and_duplicates_change_nothing(book: Book) -> None:
    late, here = [taken(2, 10, 1.0), taken(3, 20, 9.0)], taken(1, 0, 5.0)
    book.put(here)
    book.condense()
    book.put(*late, here, *late)
    book.condense(1)
    book.put(*late, here)
    book.condense()
    assert minutes(book) == [(START_S // 60, 1.0, 5.0, 9.0, 3, 3)]


def test_any_order_and_any_bite_give_the_same_minutes(tmp_path: Path) -> None:
    chance = random.Random(1)
    samples = [taken(n, 7.0 * n, chance.uniform(2, 9) if n % 5 else None) for n in range(1, 400)]
    found = []
    for bite in (1, 7, 500):
        book = Book(tmp_path / f"j{bite}" / "journal.sqlite")
        for one in chance.sample(samples, len(samples)):
            book.put(one)
            if chance.random() < 0.1:
                book.condense(bite)
        book.condense(bite)
        found.append(
            [[value if value is None else round(float(str(value)), 6) for value in row] for row in minutes(book)]
        )
        book.connection.close()
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 40


def test_a_row_that_makes_no_sense_is_passed_over(book: Book) -> None:
    book.put(taken(1, 0, 4.0), taken(2, 10, 6.0))
    book.connection.execute("UPDATE samples SET readings = '[[1' WHERE id = 1")
    book.condense()
    assert minutes(book) == [(START_S // 60, 6.0, 6.0, 6.0, 1, 1)]


def test_samples_of_unknown_time_wait_and_are_labelled_when_the_clock_is_known(book: Book) -> None:
    book.steps.wall_s = 1000.0
    book.put(taken(1, 0, 5.0))
    assert book.keep() == 0
    book.steps.forward(60)
    book.steps.wall_s = START_S + 60
    book.keep()
    assert minutes(book) == [(START_S // 60, 5.0, 5.0, 5.0, 1, 1)]
    assert book.connection.execute("SELECT taken_wall_s, wall_known FROM samples").get == (START_S, 1)


def test_a_journal_of_version_1_is_led_on_in_place(tmp_path: Path) -> None:
    path = tmp_path / "j" / "journal.sqlite"
    path.parent.mkdir()
    with closing(apsw.Connection(str(path))) as old:
        old.execute(schema.FIRST)
        old.pragma("user_version", 1)
        for number in range(1, 100):
            journal_rows.insert_sample(old, sample(number, 1000.0 + 10 * number), Steps().clock(), "b")
    steps = Steps()
    journal = Journal(path, steps.clock(), "b", commit_s=0.01)
    journal.open()
    journal.put(sample(100, 2000.0))
    assert journal.flush()
    journal.close()
    assert journal.set_aside is None
    book = Book(path)
    assert (book.count("samples"), book.count("outbox")) == (100, 100)
    book.condense()
    assert book.connection.execute("SELECT SUM(asked) FROM minutes").get == 300
    book.connection.close()


def test_a_newer_journal_is_left_alone_and_said(tmp_path: Path) -> None:
    path = tmp_path / "j" / "journal.sqlite"
    Book(path).connection.pragma("user_version", schema.VERSION + 1)
    journal = Journal(path, Steps().clock(), "b", commit_s=0.01)
    journal.open()
    assert "update the gateway" in journal.failing
    journal.put(sample(1, 1000.0))
    assert not journal.flush(0.1)
    journal.close()
    assert [file.name for file in path.parent.iterdir() if "broken" in file.name] == []


@pytest.mark.parametrize("hours", [0.5, 6, 48, 24 * 30])
def test_every_range_shows_the_same_values_from_whatever_table(book: Book, hours: float) -> None:
    book.put(*(taken(n, 600.0 * n, 4.0 + n % 6) for n in range(1, 2000)))
    with book.reader() as reader:
        before = series(reader, "n1", "do_mg_l", 0, START_S, START_S + hours * 3600, 100)
        book.condense(1900)
        after = series(reader, "n1", "do_mg_l", 0, START_S, START_S + hours * 3600, 100)
    made = [4.0 + n % 6 for n in range(1, 2000) if 600 * n < hours * 3600]
    for found in (before, after):
        assert sum(bucket.count for bucket in found) == len(made)
        assert min(bucket.low for bucket in found) == min(made)
        assert max(bucket.high for bucket in found) == max(made)
        assert sum(bucket.mean * bucket.count for bucket in found) == pytest.approx(sum(made))
        assert len(found) <= 100


@pytest.mark.parametrize("begins_s", [0.0, 1.0, 1799.0, 3599.0])
def test_a_range_that_begins_anywhere_has_no_bucket_too_many(book: Book, begins_s: float) -> None:
    book.put(*(taken(n, 60.0 * n, 5.0) for n in range(600)))
    book.condense()
    since_s, until_s = START_S + begins_s, START_S + begins_s + 9 * 3600
    with book.reader() as reader:
        for buckets in (3, 9, 50, 500):
            found = series(reader, "n1", "do_mg_l", 0, since_s, until_s, buckets)
            assert len(found) <= buckets
            assert all(since_s < bucket.at_s < until_s for bucket in found)


def test_buckets_stand_in_the_middle_and_empty_ones_are_left_out(book: Book) -> None:
    book.put(taken(1, 5, 4.0), taken(2, 25, 6.0))
    with book.reader() as reader:
        found = series(reader, "n1", "do_mg_l", 0, START_S, START_S + 30, 3)
        assert [row.value for row in rows(reader, START_S, START_S + 30)] == [4.0, 6.0]
    assert found == [
        Bucket(at_s=START_S + 5, low=4.0, mean=4.0, high=4.0, count=1),
        Bucket(at_s=START_S + 25, low=6.0, mean=6.0, high=6.0, count=1),
    ]


def test_the_hours_of_a_machine_come_from_its_current(book: Book) -> None:
    for minute in range(180):
        currents = (4.7 if minute < 90 else 0.05, 0.05)
        readings = tuple(Reading(quantity="current_a", value=value, quality=Quality.GOOD) for value in currents)
        book.put(Sample(node="p", boot=1, sequence=minute, taken_s=1000.0 + 60 * minute, readings=readings))
    book.condense(100)
    with book.reader() as reader:
        minutes = read_minutes(reader, ["p"], START_S, START_S + 3 * 3600 - 60, 60.0)["p"]
    first, second = (running_from_current(minutes.mean("current_a", place)) for place in (0, 1))
    assert [(hour.sum(), np.isfinite(hour).sum()) for hour in first.reshape(3, 60)] == [(60, 60), (30, 60), (0, 60)]
    assert first.sum() / 60 * 2.2 == pytest.approx(3.3)
    assert second.sum() == 0


DAY_S = 86400.0


def aged(book: Book, days: int, each: int = 10) -> None:
    """So many days of samples, a label's clock long after them."""
    for day in range(days):
        book.put(*(taken(1 + each * day + n, DAY_S * day + 60 * n, 5.0) for n in range(each)))
    book.connection.execute("INSERT INTO events VALUES (1, 'calibrated', NULL, '{}', 'b', 0, 0, 0)")
    book.steps.forward(days * DAY_S)
    book.keep()
    book.steps.forward(BELIEVED_AFTER_S + 700)


def test_old_samples_go_when_the_cloud_has_them_and_minutes_and_events_stay(tmp_path: Path) -> None:
    book = Book(tmp_path / "j" / "journal.sqlite", StorageSettings(raw_days=10, minutes_days=20))
    aged(book, 30)
    book.keep()
    assert book.count("samples") == 300
    book.connection.execute("DELETE FROM outbox WHERE row <= 150")
    book.steps.forward(61)
    book.keep()
    assert (book.count("samples"), book.count("outbox"), book.count("events")) == (150, 150, 1)
    book.connection.execute("DELETE FROM outbox")
    book.steps.forward(61)
    book.keep()
    assert 90 <= book.count("samples") <= 110
    assert 190 <= book.count("minutes") <= 220
    with book.reader() as reader:
        assert len(series(reader, "n1", "do_mg_l", 0, START_S + 12 * DAY_S, START_S + 12 * DAY_S + 600, 300)) == 10
    book.connection.close()


def test_a_farm_without_a_cloud_waits_for_none(tmp_path: Path) -> None:
    book = Book(tmp_path / "j" / "journal.sqlite", StorageSettings(raw_days=10), cloud=False)
    aged(book, 30)
    book.keep()
    assert 90 <= book.count("samples") == book.count("outbox") <= 110
    book.connection.close()


def test_a_clock_that_jumps_ten_years_throws_nothing_away(tmp_path: Path) -> None:
    book = Book(tmp_path / "j" / "journal.sqlite", StorageSettings(raw_days=10), cloud=False)
    aged(book, 5)
    book.steps.wall_s += 3650 * DAY_S
    book.keep()
    book.steps.wall_s -= 3650 * DAY_S
    book.steps.forward(700)
    book.keep()
    assert book.count("samples") == 50
    book.connection.close()


@pytest.mark.parametrize("cloud", [True, False])
def test_a_journal_that_grew_too_large_gives_up_its_oldest_samples_and_says_so(tmp_path: Path, cloud: bool) -> None:
    settings = StorageSettings.model_construct(raw_days=90, minutes_days=730, most_mb=1)
    book = Book(tmp_path / "j" / "journal.sqlite", settings, cloud)
    aged(book, 30, each=300)
    book.keep()
    kept = [row[0] for row in book.connection.execute("SELECT sequence FROM samples ORDER BY sequence")]
    assert kept == list(range(9001 - len(kept), 9001))
    assert 1000 < len(kept) < 8000
    assert book.connection.execute("SELECT SUM(asked) FROM minutes").get == 9000
    told = [event for event in book.events() if event["kind"] == "old_samples_dropped"]
    assert len(told) == 1
    assert told[0]["detail"]["unconfirmed"] == (told[0]["detail"]["samples"] if cloud else 0)
    assert book.events()[-1]["kind"] == "calibrated"
    book.connection.close()


def test_the_last_two_days_are_left_to_a_disk_that_is_truly_full(tmp_path: Path) -> None:
    settings = StorageSettings.model_construct(raw_days=90, minutes_days=730, most_mb=0)
    book = Book(tmp_path / "j" / "journal.sqlite", settings)
    aged(book, 10, each=20)
    book.keep()
    assert book.count("samples") == 20
    book.keeping.make_room(book.connection)
    assert book.count("samples") == 1
    book.connection.close()


def test_a_power_cut_between_samples_and_minutes_counts_none_twice(tmp_path: Path) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    disk = PowerCutDisk(folder, "powercut-minutes")
    connection = apsw.Connection(str(folder / "journal.sqlite"), vfs=disk.name)
    connection.pragma("journal_mode", "wal")
    connection.pragma("wal_autocheckpoint", 20)
    schema.bring_up_to_date(connection)
    began, clock = disk.position, Steps().clock()
    for number in range(1, 60):
        with journal_rows.transaction(connection):
            journal_rows.insert_sample(connection, sample(number, 1000.0 + 10 * number), clock, "b")
        if number % 3 == 0:
            with journal_rows.transaction(connection):
                condense(connection, 4)
    for seed in range(40):
        into = tmp_path / f"cut-{seed}"
        disk.cut(into, seed=seed, position=random.Random(seed).randrange(began, disk.position + 1))
        with closing(apsw.Connection(str(into / "journal.sqlite"))) as cut:
            mark = cut.execute("SELECT row FROM marks").get
            known = cut.execute("SELECT COUNT(*) FROM samples WHERE id <= ?", (mark,)).get
            assert (cut.execute("SELECT SUM(asked) FROM minutes").get or 0) == 3 * known == 3 * mark
    connection.close()

"""A pond's past as a chart and as a sheet."""

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from bench.past_farm import farm_text, fill, pond_row
from gateway.farm import Farm, read_farm
from gateway.journal.reader import JournalReader
from gateway.process import journal_path
from gateway.text import text
from gateway.web.journal_sheet import Sheet, lines
from gateway.web.past import MOST_BUCKETS, Window, columns, machines
from gateway.web.server import make_app
from gateway.web.sheet import MARK

DAY_S = 86400.0
NOW_S = time.time()


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Farm:
    folder = tmp_path_factory.mktemp("past")
    path = folder / "farm.toml"
    path.write_text(farm_text(8080, 1), encoding="utf-8")
    made = read_farm(path)
    fill(journal_path(made), 8, 1, NOW_S)
    return made


@pytest.fixture
def reader(farm: Farm) -> Iterator[JournalReader]:
    with contextlib.closing(JournalReader(journal_path(farm))) as found:
        yield found


@pytest.fixture
def app(farm: Farm) -> FastAPI:
    made = make_app(farm, farm.data.parent / "farm.toml")
    newest = {"do_mg_l": 5.2, "temperature_c": 28.0, "running": 2}
    made.state.desk.link.snapshot = {"ponds": [pond_row(0, newest)], "speed": 1.0, "at_wall_s": NOW_S}
    return made


def window(days: float) -> Window:
    return Window(since_s=NOW_S - days * DAY_S, until_s=NOW_S, gap_s=100.0)


@pytest.mark.parametrize("days", [0.1, 1.0, 7.0])
def test_any_range_has_some_hundred_points(reader: JournalReader, days: float) -> None:
    found = columns(reader, "n1", "do_mg_l", window(days))
    assert 300 < len(found["at"]) <= MOST_BUCKETS + 20
    for low, mean, high in zip(found["low"], found["mean"], found["high"], strict=True):
        assert (low is None) == (mean is None)
        if low is not None and mean is not None and high is not None:
            assert low <= mean <= high


def test_a_gap_is_shown_as_one(reader: JournalReader) -> None:
    found = columns(reader, "n1", "do_mg_l", window(1.0))
    holes = [at for at, mean in zip(found["at"], found["mean"], strict=True) if mean is None]
    assert len(holes) == 1
    assert holes[0] is not None
    assert abs(NOW_S - holes[0] - 622.5 * 60) < 600


def test_machines_are_counted_by_their_currents(reader: JournalReader) -> None:
    found = machines(reader, "p1", [0, 1, 2, 3], window(1.0))
    counts = [count for count in found["running"] if count is not None]
    assert 0 <= min(counts) < max(counts) <= 4


@pytest.mark.parametrize(("language", "mark", "digit"), [("vi", ";", ","), ("en", ",", ".")])
def test_a_sheet_opens_in_the_readers_excel(reader: JournalReader, language: str, mark: str, digit: str) -> None:
    asked = Sheet(node="n1", since_s=NOW_S - 3 * DAY_S, until_s=NOW_S, kind="minutes")
    found = list(lines(reader, asked, text(language)))
    assert found[0].startswith(MARK + text(language)("sheet.time") + mark)
    assert text(language)("quantity.do_mg_l") in found[0]
    assert 3 * 1440 - 300 < len(found) < 3 * 1440 + 3
    assert all(line.count(mark) == found[0].count(mark) for line in found)
    assert digit in found[-1].split(mark)[1]
    assert found[-1].endswith("\r\n")


def test_a_raw_sheet_has_each_reading(reader: JournalReader) -> None:
    asked = Sheet(node="n1", since_s=NOW_S - 3600, until_s=NOW_S, kind="raw")
    assert len(list(lines(reader, asked, text("vi")))) == 361


async def test_the_page_gives_what_it_is_asked_for(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://farm") as phone:
        phone.cookies.set("session", app.state.desk.people.begin("an"))
        found = (await phone.get("/api/ponds/ao-1/series", params={"quantity": "ph", "hours": 24})).json()
        assert max(value for value in found["mean"] if value) < 9
        assert (await phone.get("/api/ponds/ao-1/series", params={"quantity": "hope"})).status_code == 422
        assert (await phone.get("/api/ponds/ao-1/series", params={"since": 2e9, "until": 1e9})).status_code == 422
        assert (await phone.get("/api/ponds/ao-9/series")).status_code == 404
        sheet = await phone.get("/ponds/ao-1/data.csv", params={"hours": 24, "kind": "raw"})
        assert sheet.headers["content-disposition"].endswith('ao-1-raw-24h.csv"')
        assert len(sheet.text.splitlines()) > 8000

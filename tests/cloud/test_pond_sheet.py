"""A pond's past as a sheet that is taken away from the cloud."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from tests.cloud.farm import make_cloud
from tests.cloud.people import add_person, browser
from tests.cloud.test_telemetry import rows, sample


@pytest.fixture
def farmer(tmp_path: Path) -> Iterator[tuple[TestClient, float]]:
    """Somebody whose pond was measured each ten seconds of a minute that began a quarter of an hour ago, and that minute."""
    with make_cloud(tmp_path, "g1") as cloud:
        began_s = cloud.time.wall_s // 60 * 60 - 900
        taken = [sample(number, taken_at=began_s + 10 * number) for number in range(6)]
        taken[5]["readings"] = [["do_mg_l", 19.5, 2, 0], ["temperature_c", 29.0, 0, 0]]
        Ingest(cloud.database, None, wall=lambda: cloud.time.wall_s).store(  # type: ignore[arg-type]
            [Message("farm/g1/up/rows", rows(*taken))]
        )
        yield browser(cloud.app, add_person(cloud.database, "farmer", "0901234567", farms=["g1"])), began_s


def sheet(client: TestClient, **query: Any) -> list[list[str]]:
    answer = client.get("/ponds/1/data.csv", params=query)
    assert answer.status_code == 200
    return [line.split(";") for line in answer.text.removeprefix("\ufeff").splitlines()]


def test_a_minute_is_the_mean_of_what_is_good_at_the_hour_of_vietnam(farmer: tuple[TestClient, float]) -> None:
    client, began_s = farmer
    there = datetime.fromtimestamp(began_s, UTC) + timedelta(hours=7)
    assert sheet(client) == [
        ["Thời gian", "Oxy", "Nhiệt độ"],
        [there.strftime("%Y-%m-%d %H:%M:%S"), "4,2", "29"],
    ]


def test_a_raw_sheet_marks_what_cannot_be_trusted(farmer: tuple[TestClient, float]) -> None:
    head, *found = sheet(farmer[0], kind="raw")
    assert head[-1] == "Không tin được"
    assert [row[1] for row in found] == ["4", "4,1", "4,2", "4,3", "4,4", "19,5"]
    assert [row[-1] for row in found] == ["", "", "", "", "", "Oxy"]


def test_a_short_range_has_its_hours_only(farmer: tuple[TestClient, float]) -> None:
    assert len(sheet(farmer[0], hours=0.1)) == 1
    assert farmer[0].get("/ponds/1/data.csv", params={"hours": 0}).status_code == 422
    assert farmer[0].get("/ponds/9/data.csv").status_code == 404

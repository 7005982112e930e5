"""Ponds side by side: figures from samples, gaps stay gaps, and only ponds that may be seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cloud.telemetry.ingest import Ingest
from cloud.telemetry.sealing import Sealer
from cloud.telemetry.source import Message
from tests.cloud.farm import make_cloud
from tests.cloud.people import administrator
from tests.cloud.test_telemetry import rows, sample

HOUR_S = 3600.0
BOTH = {"pond": [1, 2], "hours": 24}


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Two ponds over thirty hours, a sample each minute: one sealed yesterday, with a hole of two hours, one at 2.5."""
    folder: Path = tmp_path_factory.mktemp("compare")
    with make_cloud(folder, "one", "two") as cloud:
        now_s = cloud.time.wall_s
        ingest = Ingest(cloud.database, None, wall=lambda: now_s)  # type: ignore[arg-type]
        for farm in ("one", "two"):
            taken = [
                sample(number, taken_at=now_s - 60 * (1800 - number), readings=[["do_mg_l", level(farm, number), 0, 0]])
                for number in range(1800)
                if farm == "two" or not 1200 <= number < 1320
            ]
            for begin in range(0, len(taken), 600):
                part = rows(*taken[begin : begin + 600], batch=f"b{begin}")
                ingest.store([Message(f"farm/{farm}/up/rows", part)])
        Sealer(cloud.database, lambda: now_s + 6 * HOUR_S).seal()
        yield administrator(TestClient(cloud.app, follow_redirects=False))


def level(farm: str, number: int) -> float:
    """Two is at 2.5 mg/L for ninety minutes, one never."""
    return 2.5 if farm == "two" and 1000 <= number < 1090 else 6.0


def cells(page: str) -> list[list[str]]:
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    return [[cell.split("<")[0].strip() for cell in row.split("<td>")[1:]] for row in body.split("<tr>")[1:]]


def test_the_table_has_lowest_mean_hours_under_three_and_the_newest(http: TestClient) -> None:
    page = http.get("/compare", params=BOTH).text
    assert cells(page) == [["6,0", "6,0", "0,0", "6,0"], ["2,5", "5,8", "1,5", "6,0"]]
    assert page.count("60 giây trước") == 2


def test_gaps_stay_gaps(http: TestClient) -> None:
    found: dict[str, Any] = http.get("/compare/past", params=BOTH).json()
    holes = [[at for at, mean in zip(line["at"], line["mean"], strict=True) if mean is None] for line in found["lines"]]
    assert [len(hole) for hole in holes] == [1, 0]
    assert found["until"] - holes[0][0] == pytest.approx(9 * HOUR_S, abs=300)
    one = http.get("/ponds/1/past").json()
    assert one["mean"].count(None) == 1


def test_two_to_six_ponds_are_compared(http: TestClient) -> None:
    for chosen in ([1], [1, 1], []):
        answer = http.get("/compare", params={"pond": chosen})
        assert answer.status_code == 422
        assert "Chọn 2 đến 6 ao" in answer.text
        assert http.get("/compare/past", params={"pond": chosen}).status_code == 422
    assert http.get("/compare", params={"pond": [1, 2, 99]}).status_code == 404
    assert http.get("/compare", params={**BOTH, "quantity": "luck"}).status_code == 422
    assert http.get("/compare", params={**BOTH, "quantity": "salinity_psu"}).text.count("<td>–</td>") == 4

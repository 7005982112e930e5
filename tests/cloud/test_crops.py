"""Crops as a farm's people write them down and officers read them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from cloud.crops.figures import contradicts, fcr, survival
from cloud.crops.models import Crop
from tests.cloud.people import browser
from tests.cloud.report_world import World, make_world

CROP: dict[str, Any] = {"species": "vannamei", "stocked_on": "2026-08-01", "stocked_count": 200_000}
DONE = {**CROP, "harvested_on": "2026-11-01", "harvest_kg": 3000.0, "feed_kg": 3900.0, "per_kg": 50.0}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with make_world(tmp_path) as made:
        yield made


@pytest.fixture
def farmer(world: World) -> TestClient:
    return browser(world.cloud.app, world.farmer)


def crop(**figures: Any) -> Crop:
    done = {"harvested_on": date(2026, 11, 1), "harvest_kg": 3000.0, "feed_kg": 3900.0, "per_kg": 50.0}
    return Crop(stocked_on=date(2026, 8, 1), **({"stocked_count": 200_000} | done | figures))


def test_fcr_and_survival_are_those_of_the_books() -> None:
    assert fcr(crop()) == pytest.approx(1.3)
    assert survival(crop()) == pytest.approx(0.75)


@pytest.mark.parametrize("missing", ["harvested_on", "harvest_kg", "feed_kg"])
def test_without_its_figures_there_is_no_fcr(missing: str) -> None:
    assert fcr(crop(**{missing: None})) is None


def test_more_animals_out_than_in_is_a_contradiction_and_no_survival() -> None:
    assert survival(crop(per_kg=90.0)) is None
    assert contradicts(crop(per_kg=90.0))
    assert not contradicts(crop())
    assert not contradicts(crop(per_kg=None))


def test_a_crop_is_stocked_fed_and_harvested(world: World, farmer: TestClient) -> None:
    path = f"/api/ponds/{world.pond('g1')}/crops"
    made = farmer.post(path, json=CROP)
    assert made.status_code == 201
    assert (made.json()["fcr"], made.json()["survival"]) == (None, None)
    done = farmer.put(f"/api/crops/{made.json()['id']}", json=DONE).json()
    assert (done["fcr"], done["survival"]) == (1.3, 0.75)
    assert [one["id"] for one in farmer.get(path).json()] == [made.json()["id"]]
    assert farmer.delete(f"/api/crops/{done['id']}").status_code == 204
    assert farmer.get(path).json() == []


def test_what_cannot_be_is_refused_with_the_reason(world: World, farmer: TestClient) -> None:
    reasons = set()
    for wrong in (
        {"stocked_on": "2026-12-24"},
        {"stocked_on": "1999-01-01"},
        {"harvested_on": "2026-08-01"},
        {"harvest_kg": 5.0},
    ):
        answer = farmer.post(f"/api/ponds/{world.pond('g1')}/crops", json={**CROP, **wrong})
        assert answer.status_code == 409
        reasons.add(answer.json()["detail"])
    assert len(reasons) == 4


def test_a_pond_has_one_crop_at_a_time(world: World, farmer: TestClient) -> None:
    path = f"/api/ponds/{world.pond('g1')}/crops"
    first = farmer.post(path, json=DONE).json()
    second = farmer.post(path, json={**CROP, "stocked_on": "2026-11-01"})
    assert second.status_code == 201, "stocked anew on the day of the harvest"
    assert farmer.post(path, json={**CROP, "stocked_on": "2026-10-01"}).status_code == 409
    later = farmer.put(f"/api/crops/{first['id']}", json={**DONE, "harvested_on": "2026-11-05"})
    assert later.status_code == 409
    assert farmer.get(path).json()[1]["harvested_on"] == "2026-11-01", "what was refused is not kept"
    assert farmer.post(f"/api/ponds/{world.pond('g2')}/crops", json=CROP).status_code == 201


def test_officers_read_what_is_shown_to_them_and_write_nothing(world: World, farmer: TestClient) -> None:
    officer = browser(world.cloud.app, world.officer)
    shown, hidden = (f"/api/ponds/{world.pond(farm)}/crops" for farm in ("g1", "g2"))
    made = farmer.post(shown, json=CROP).json()
    assert [one["id"] for one in officer.get(shown).json()] == [made["id"]]
    assert officer.get(hidden).status_code == 404
    assert officer.post(shown, json=CROP).status_code == 403
    assert officer.put(f"/api/crops/{made['id']}", json=DONE).status_code == 403
    assert "<form class" not in officer.get(f"/ponds/{world.pond('g1')}/crops").text


def test_another_farms_crops_are_not_found(world: World, farmer: TestClient) -> None:
    strange = f"/ponds/{world.pond('g3')}/crops"
    for path in (strange, f"/api{strange}"):
        assert farmer.get(path).status_code == 404
        assert farmer.post(path, json=CROP).status_code == 404


def test_the_form_writes_a_crop_and_says_what_is_wrong(world: World, farmer: TestClient) -> None:
    path = f"/ponds/{world.pond('g1')}/crops"
    form = {name: str(value) for name, value in DONE.items()}
    assert farmer.post(path, data={**form, "stocked_on": ""}).status_code == 422
    assert "Xem lại ô: Ngày thả" in farmer.post(path, data={**form, "stocked_on": ""}).text
    assert "phải sau ngày thả" in farmer.post(path, data={**form, "harvested_on": "2026-08-01"}).text
    assert farmer.post(path, data=form).status_code == 303
    page = farmer.get(path).text
    assert "1,30" in page
    assert "Tôm thẻ: 01/08/2026 – 01/11/2026" in page
    number = farmer.get(f"/api{path}").json()[0]["id"]
    assert farmer.post(f"/crops/{number}", data={**form, "per_kg": "90"}).status_code == 303
    assert "một trong các số đã ghi sai" in farmer.get(path).text
    assert farmer.post(f"/crops/{number}/remove").status_code == 303
    assert "Chưa ghi vụ nuôi nào" in farmer.get(path).text

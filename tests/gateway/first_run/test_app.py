"""The first run with real boards: from nothing to a farm.toml."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from gateway.farm import read_farm
from gateway.first_run.app import make_first_run
from gateway.first_run.run import FirstRun
from gateway.people.code import current_code
from hardware.twin.farm import BoardPlan, TwinFarm
from tests.firmware.field.lines import twin_farm


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, firmware: Path) -> Iterator[TwinFarm]:
    boards = (
        BoardPlan(name="node", line="ponds", unit_id=3, serial=0x61, pond="ao-2"),
        BoardPlan(name="panel", line="ponds", unit_id=4, serial=0x62, pond="ao-2", panel=True, aerators=2),
    )
    with twin_farm(tmp_path_factory.mktemp("farm"), firmware, *boards) as made:
        yield made


def test_a_farm_is_set_up_in_five_steps(farm: TwinFarm, tmp_path: Path) -> None:
    path, finished, port = tmp_path / "farm.toml", [], str(farm.gateway_port("ponds"))
    run = FirstRun(path, lambda: finished.append(True), ports=lambda: [port, "/dev/nothing"])
    with TestClient(make_first_run(run)) as phone:
        assert "Mã trên gateway" in phone.get("/").text
        phone.post("/code", data={"code": current_code(run.data)})
        assert "Trại tên gì?" in phone.get("/").text
        phone.post("/farm", data={"name": "Trại Bảy"})
        for name in run.ports():
            phone.post("/lines", data={"port": name})
        ends_s = time.monotonic() + 60
        while any(search.running for search in run.searches.values()):
            assert time.monotonic() < ends_s
            time.sleep(0.2)
        found = phone.get("/lines/found").text
        assert "Hộp đo số 3" in found
        assert "Tủ quạt số 4" in found
        assert "/dev/nothing" in found
        blinks = phone.post("/blink", data={"board": run.draft.nodes[0].key}).text
        assert blinks == "Đèn của hộp đang nháy."
        assert 'value="Ao 1"' in phone.get("/ponds").text
        ponds = {"name-0": "Ao 1", "area-0": "1.200", "panel-0": run.draft.panels[0].key, "aerator-0": ["1", "2"]}
        phone.post("/ponds", data={**ponds, "power-0": "1,5"})
        phone.post("/people", data={"name-0": "Chú Bảy", "phone-0": "0912 345 678", "role-0": "owner"})
        assert "Chú Bảy" in phone.get("/check").text
        done = phone.post("/check").text
        assert "Trại bắt đầu chạy." in done, done[done.find("<main>") :]
    made = read_farm(path)
    assert finished == [True]
    assert made.person[0].phone == "+84912345678"
    assert made.pond[0].aerators == [1, 2]
    assert made.pond[0].power_kw == 1.5
    assert made.pond[0].area_m2 == 1200


def test_another_sites_page_sets_up_nothing(tmp_path: Path) -> None:
    run = FirstRun(tmp_path / "farm.toml", lambda: None, ports=list)
    phone = TestClient(make_first_run(run))
    phone.post("/code", data={"code": current_code(run.data)})
    refused = phone.post("/farm", data={"name": "x"}, headers={"Origin": "http://evil.example"})
    assert refused.status_code == 403
    assert "Chưa có ao nào" in phone.post("/check").text
    assert not run.path.exists()


def test_without_the_code_nobody_sets_up_a_farm(tmp_path: Path) -> None:
    run = FirstRun(tmp_path / "farm.toml", lambda: None, ports=list)
    phone = TestClient(make_first_run(run))
    for _ in range(7):
        assert "Mã không đúng" in (said := phone.post("/code", data={"code": "no code"}).text) or "Chờ" in said
    assert "Chờ" in phone.post("/code", data={"code": current_code(run.data)}).text
    phone.post("/farm", data={"name": "x"})
    assert run.draft.name == ""


def test_a_cookie_that_is_rubbish_is_asked_for_the_code(tmp_path: Path) -> None:
    phone = TestClient(make_first_run(FirstRun(tmp_path / "farm.toml", lambda: None, ports=list)))
    assert "Mã trên gateway" in phone.get("/", headers={"Cookie": "first_run=tôm".encode("latin-1")}).text

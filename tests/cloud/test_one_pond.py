"""A pond's page in the cloud is that of the farm: the same headings, marks and words for the same water."""

import re
from pathlib import Path

from cloud.telemetry.ingest import Ingest
from cloud.telemetry.source import Message
from gateway.uplink.messages import describe
from tests.cloud.farm import make_cloud
from tests.cloud.people import add_person, browser
from tests.cloud.test_telemetry import NOW_S, rows, sample
from tests.gateway.farms import FARM, small_farm
from tests.gateway.offices import office
from tests.gateway.test_tonight import pond, snapshot

DO_MG_L = 3.4
ONLY_ON_THE_FARM = {"Đêm nay", "Đầu dò"}
ONLY_IN_THE_CLOUD = {"Trại Một"}


def headings(page: str) -> set[str]:
    return {re.sub(r"<[^>]+>", "", found).strip() for found in re.findall(r"<h2[^>]*>(.*?)</h2>", page)}


def marks(page: str) -> tuple[str, ...]:
    """Of the large number: its level's colour, shape and word, the number and its unit."""
    card = page.split('<article class="pond"')[1].split("</article>")[0]
    found = re.search(
        r'data-level="(\w+)".*?(<svg.*?</svg>) <strong>(.*?)</strong>.*?"number">(.*?)<.*?"unit">(.*?)<',
        card,
        re.DOTALL,
    )
    assert found is not None, card
    return found.groups()


def on_the_farm(folder: Path) -> str:
    folder.mkdir()
    others = [{"quantity": "temperature_c", "value": 29.0, "quality": 0}]
    water = pond(level="watch", do_mg_l=DO_MG_L, trend_mg_l_h=None, others=others)
    with office(folder, snapshot(water)) as at:
        return at.sign_in("bay").client.get("/ponds/ao-2").text


def in_the_cloud(folder: Path) -> str:
    folder.mkdir()
    with make_cloud(folder, "g1") as cloud:
        taken = sample(1, taken_at=cloud.time.wall_s - 3)
        taken["readings"][0][1] = DO_MG_L
        ingest = Ingest(cloud.database, None, wall=lambda: NOW_S)  # type: ignore[arg-type]
        ingest.store([Message("farm/g1/up/rows", rows(taken))])
        return browser(cloud.app, add_person(cloud.database, "farmer", "0901", farms=["g1"])).get("/ponds/1").text


def test_the_same_water_looks_the_same_from_farm_and_cloud(tmp_path: Path) -> None:
    farm, cloud = on_the_farm(tmp_path / "farm"), in_the_cloud(tmp_path / "cloud")
    assert marks(farm) == marks(cloud)
    assert marks(cloud)[3] == "3,4"
    assert headings(farm) - headings(cloud) == ONLY_ON_THE_FARM
    assert headings(cloud) - headings(farm) == ONLY_IN_THE_CLOUD
    for page in (farm, cloud):
        assert "Nhiệt độ <b>29,0 °C</b>" in page


def test_the_cloud_tells_how_fast_oxygen_falls_as_the_farm_does(tmp_path: Path) -> None:
    with make_cloud(tmp_path, "g1") as cloud:
        falling = [
            sample(at, taken_at=cloud.time.wall_s - 60 * (30 - at), readings=[["do_mg_l", 5.0 - 0.6 * at / 60, 0, 0]])
            for at in range(30)
        ]
        ingest = Ingest(cloud.database, None, wall=lambda: NOW_S)  # type: ignore[arg-type]
        ingest.store([Message("farm/g1/up/rows", rows(*falling))])
        farmer = browser(cloud.app, add_person(cloud.database, "farmer", "0901", farms=["g1"]))
        assert "↘ −0,60 mg/L" in farmer.get("/ponds/1").text
        assert "↘ −0,60 mg/L" in farmer.get("/ponds/1/now").json()["pieces"]["1-head"]


def test_the_panels_currents_say_which_machines_run(tmp_path: Path) -> None:
    farm = describe(small_farm(tmp_path, FARM), {"panel-1": "p1"})
    amperes = (6.2, 0.05, None, 7.0)
    currents = [["current_a", value, 0 if value is not None else 2, 0] for value in amperes]
    with make_cloud(tmp_path, "g1") as cloud:
        taken = sample(1, node="p1", taken_at=cloud.time.wall_s - 3, readings=currents)
        ingest = Ingest(cloud.database, None, wall=lambda: NOW_S)  # type: ignore[arg-type]
        ingest.store([Message("farm/g1/up/farm", farm), Message("farm/g1/up/rows", rows(taken))])
        farmer = browser(cloud.app, add_person(cloud.database, "farmer", "0901", farms=["g1"]))

        def shown() -> list[str]:
            pieces = farmer.get("/ponds/1/now").json()["pieces"]
            return [re.sub(r"<[^>]+>", "", pieces[f"1-m{number}"]).strip() for number in (1, 2, 3, 4)]

        assert shown() == ["Đang chạy", "Đang nghỉ", "Không rõ", "Đang chạy"]
        assert "chưa nhận được dòng điện mới của quạt" in farmer.get("/ponds/1").text
        cloud.time.forward(120)
        assert shown() == ["Không rõ"] * 4

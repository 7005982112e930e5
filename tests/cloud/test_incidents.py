"""A farmer reports in three taps, with a photo that tells nothing else; the officer brings it to its end."""

import random
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, PngImagePlugin

from cloud.accounts.models import FarmPerson, Grant
from cloud.farms.models import Gateway
from cloud.incidents import clusters
from cloud.incidents.photos import LARGEST_BYTES
from cloud.incidents.pictures import NoPicture, cleaned
from cloud.incidents.repository import Case
from cloud.telemetry.calendar import day_number
from tests.cloud.province import ADMIN, BA_LIEN, BAY, CHIN, DAY_S, DUNG, HOA, LAN, MINH, NOW_S, Province

SECRET = b"10.0123N 105.0456E Nguyen Van Bay"


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    made = Province(tmp_path)
    yield made
    made.database.engine.dispose()


def picture(kind: str, **more: object) -> bytes:
    """A photo of this kind whose every hidden corner names the farmer and where he stood."""
    image = Image.new("RGB", (64, 48), "#1c4a35")
    ImageDraw.Draw(image).ellipse((8, 8, 40, 40), fill="#ffb020")
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[29] = SECRET.decode()
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", SECRET.decode())
        texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        more = {"pnginfo": texts, **more}
    if kind == "WEBP":
        more = {"xmp": SECRET, "lossless": True, **more}
    if kind == "JPEG":
        more = {"comment": SECRET, "xmp": SECRET, "quality": 90, **more}
    out = BytesIO()
    image.save(out, kind, exif=exif, **more)
    return out.getvalue()


PICTURES = {
    "jpeg": picture("JPEG"),
    "progressive": picture("JPEG", progressive=True),
    "restarts": picture("JPEG", restart_marker_blocks=2),
    "png": picture("PNG"),
    "webp": picture("WEBP"),
    "webp of a camera": picture("WEBP", lossless=False),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_photo_keeps_its_pixels_and_forgets_where_it_was_taken(name: str) -> None:
    data = PICTURES[name]
    assert SECRET in data
    kind, kept = cleaned(data + SECRET)
    assert kind == name.split()[0].replace("progressive", "jpeg").replace("restarts", "jpeg")
    assert SECRET not in kept
    with Image.open(BytesIO(kept)) as after, Image.open(BytesIO(data)) as before:
        assert after.tobytes() == before.tobytes()
        assert not after.getexif()
    assert cleaned(kept) == (kind, kept)


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png", "webp"])
def test_a_photo_cut_anywhere_is_refused(name: str) -> None:
    data = PICTURES[name]
    for end in random.Random(1).sample(range(len(data)), 60):
        with pytest.raises(NoPicture):
            cleaned(data[:end])


@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBP", b""]), st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_the_cleaning(head: bytes, rest: bytes) -> None:
    try:
        kind, kept = cleaned(head + rest)
    except NoPicture:
        return
    assert cleaned(kept) == (kind, kept)


def test_a_page_in_a_pictures_clothes_is_refused() -> None:
    for data in (
        b"<svg onload=alert(1)>",
        b"GIF89a" + b"0" * 40,
        b"\xff\xd8\xff\xd9",
        b"%PDF-1.7",
        b"\xff\xd8\xff\xe0<html>",
    ):
        with pytest.raises(NoPicture):
            cleaned(data)


def report(province: Province, person: int = BAY, farm: str = "g-bay", **changes: object) -> int:
    body = {"farm": farm, "pond": "ao-1", "kind": "dead_shrimp", **changes}
    answer = province.browser(person).post("/api/incidents", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def listed(province: Province, person: int, **query: str) -> list[int]:
    return [row["id"] for row in province.browser(person).get("/api/incidents", params=query).json()]


def files(province: Province) -> list[Path]:
    return [path for path in province.settings.photos.rglob("*") if path.is_file()]


def test_pond_kind_send_are_three_taps(province: Province) -> None:
    bay = province.browser(BAY)
    page = bay.get("/incidents/report").text
    assert 'value="g-bay/ao-1"' in page
    assert "g-chin" not in page
    photo = {"photo": ("anh.jpg", PICTURES["jpeg"], "image/jpeg")}
    answer = bay.post("/incidents/report", data={"where": "g-bay/ao-1", "kind": "dead_shrimp"}, files=photo)
    assert answer.status_code == 303, answer.text
    look = bay.get(answer.headers["location"]).text
    assert "Tôm chết" in look
    assert "Ao của g-bay" in look
    assert "/photo" in look
    assert listed(province, LAN) == [1]


def test_a_report_without_a_photo_is_a_report(province: Province) -> None:
    empty = {"photo": ("", b"", "application/octet-stream")}
    fields = {"where": "g-bay/", "kind": "water_colour", "text": "Nước đỏ"}
    answer = province.browser(BAY).post("/incidents/report", data=fields, files=empty)
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents/1")
    assert province.browser(LAN).get("/api/incidents/1").json()["has_photo"] is False


def test_a_photo_that_cannot_be_taken_costs_no_report(province: Province) -> None:
    bay = province.browser(BAY)
    for number, photo, why in (
        (1, b"\xff\xd8\xff" + b"0" * LARGEST_BYTES, "quá lớn"),
        (2, b"GIF89a", "không phải ảnh"),
    ):
        sent = {"photo": ("anh.jpg", photo, "image/jpeg")}
        answer = bay.post("/incidents/report", data={"where": "g-bay/ao-1", "kind": "other"}, files=sent)
        assert answer.status_code == 303
        assert why in bay.get(answer.headers["location"]).text
        assert listed(province, BAY)[0] == number
    assert files(province) == []
    again = bay.post("/incidents/1/photo", files={"photo": ("anh.png", PICTURES["png"], "image/png")})
    assert again.headers["location"] == "/incidents/1"
    assert [path.suffix for path in files(province)] == [".png"]


def test_the_photo_is_for_those_who_may_see_the_report(province: Province) -> None:
    number = report(province)
    path = f"/api/incidents/{number}/photo"
    assert province.browser(LAN).get(path).status_code == 404
    assert province.browser(BAY).put(path, content=PICTURES["webp"]).status_code == 204
    for person in (BAY, HOA, LAN, ADMIN):
        answer = province.browser(person).get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert SECRET not in answer.content
    for person in (CHIN, DUNG, MINH):
        assert province.browser(person).get(path).status_code == 404
    (file,) = files(province)
    assert file.stat().st_mode & 0o077 == 0


def test_only_the_reporter_sends_the_photo_and_only_once(province: Province) -> None:
    path = f"/api/incidents/{report(province)}/photo"
    assert province.browser(LAN).put(path, content=PICTURES["png"]).status_code == 404
    assert province.browser(CHIN).put(path, content=PICTURES["png"]).status_code == 404
    assert province.browser(BAY).put(path, content=b"0" * (LARGEST_BYTES + 1)).status_code == 413
    assert province.browser(BAY).put(path, content=b"no picture").status_code == 415
    assert province.browser(BAY).put(path, content=PICTURES["png"]).status_code == 204
    assert province.browser(BAY).put(path, content=PICTURES["png"]).status_code == 409
    assert len(files(province)) == 1


def test_nobody_reports_of_anothers_farm_or_of_a_pond_that_is_not(province: Province) -> None:
    bay = province.browser(BAY)
    for farm, pond in (("g-chin", "ao-1"), ("g-bay", "ao-9"), ("nowhere", "")):
        assert bay.post("/api/incidents", json={"farm": farm, "pond": pond, "kind": "other"}).status_code == 404
        fields = {"where": f"{farm}/{pond}", "kind": "other"}
        assert bay.post("/incidents/report", data=fields).status_code == 404
    assert bay.post("/incidents/report", data={"where": "g-bay/ao-1", "kind": "magic"}).status_code == 422
    assert listed(province, ADMIN) == []


def test_an_officer_sees_what_the_farmer_lets_them_see(province: Province) -> None:
    number = report(province)
    assert listed(province, LAN) == listed(province, HOA) == [number]
    assert listed(province, MINH) == listed(province, CHIN) == []
    assert "chưa cho cán bộ xem" not in province.browser(BAY).get(f"/incidents/{number}").text
    province.withdraw_grants("g-bay")
    assert listed(province, LAN) == []
    assert province.browser(LAN).get(f"/incidents/{number}").status_code == 404
    assert listed(province, BAY) == [number]
    assert "chưa cho cán bộ xem" in province.browser(BAY).get(f"/incidents/{number}").text


def test_an_officer_brings_a_report_to_its_end(province: Province) -> None:
    first, second = report(province), report(province, CHIN, "g-chin")
    lan = province.browser(LAN)
    page = f"/incidents/{first}"
    for what, text in (("taken", ""), ("visited", "Gan tụy trắng, lấy mẫu"), ("closed", "Mẫu âm tính")):
        province.now_s += 3600
        assert lan.post(f"{page}/steps", data={"what": what, "text": text}).status_code == 303
    assert lan.post(f"{page}/steps", data={"what": "visited"}).status_code == 409
    steps = province.browser(BAY).get(f"/api/incidents/{first}/steps").json()
    assert [(step["what"], step["text"], step["at"]) for step in steps] == [
        ("taken", "", NOW_S + 3600),
        ("visited", "Gan tụy trắng, lấy mẫu", NOW_S + 7200),
        ("closed", "Mẫu âm tính", NOW_S + 10800),
    ]
    assert listed(province, LAN, unfinished="true") == [second]
    assert "Trại g-bay" not in lan.get("/incidents").text
    assert "Trại g-bay" in lan.get("/incidents?closed=true").text
    assert "Mẫu âm tính" in province.browser(BAY).get(page).text
    assert lan.post(f"{page}/steps", data={"what": "reopened"}).status_code == 303
    assert listed(province, LAN, unfinished="true") == [first, second]


def test_a_farmer_takes_no_officers_step(province: Province) -> None:
    number = report(province)
    assert province.browser(BAY).post(f"/api/incidents/{number}/steps", json={"what": "closed"}).status_code == 403
    assert province.browser(MINH).post(f"/api/incidents/{number}/steps", json={"what": "taken"}).status_code == 404


def test_one_person_does_not_fill_the_list(province: Province) -> None:
    for _ in range(30):
        report(province)
    body = {"farm": "g-bay", "pond": "", "kind": "other"}
    assert province.browser(BAY).post("/api/incidents", json=body).status_code == 429
    province.now_s += DAY_S
    assert province.browser(BAY).post("/api/incidents", json=body).status_code == 201


def test_a_farm_that_is_deleted_leaves_no_report_and_no_photo(province: Province) -> None:
    number = report(province)
    province.browser(BAY).put(f"/api/incidents/{number}/photo", content=PICTURES["png"])
    province.browser(LAN).post(f"/api/incidents/{number}/steps", json={"what": "taken"})
    gone = province.browser(BAY).post("/farms/g-bay/delete", data={"name": "Trại g-bay"})
    assert gone.status_code == 303, gone.text
    assert listed(province, ADMIN) == []
    assert files(province) == []


def grid(side: int = 6) -> tuple[clusters.Farm, ...]:
    return tuple(
        clusters.Farm(f"f{row}-{column}", 9.8 + row * 0.03, 105.0 + column * 0.03)
        for row in range(side)
        for column in range(side)
    )


def cases(*reports: tuple[str, int], today: int) -> tuple[Case, ...]:
    return tuple(Case(farm, (today - back) * DAY_S + 3600) for farm, back in reports)


def test_reports_that_crowd_become_a_question(province: Province) -> None:
    today = day_number(NOW_S)
    near = [("f1-1", 0), ("f1-2", 1), ("f2-1", 1), ("f2-2", 2), ("f1-1", 1), ("f5-5", 20)]
    found = clusters.look(grid(), cases(*near, today=today), today)
    assert found is not None
    assert set(found.farms) == {"f1-1", "f1-2", "f2-1", "f2-2"}
    assert (found.observed, found.cases, found.rare) == (4, 5, True)
    assert found.p <= 0.01
    assert 1 <= found.days <= 3
    assert found == clusters.look(grid(), cases(*near, today=today), today)


def test_reports_all_over_the_province_are_no_question() -> None:
    today = day_number(NOW_S)
    spread = [("f0-0", 2), ("f5-0", 9), ("f0-5", 13), ("f5-5", 20), ("f2-3", 25)]
    found = clusters.look(grid(), cases(*spread, today=today), today)
    assert found is None or not found.rare


def test_one_farm_that_reports_every_day_is_one_story() -> None:
    today = day_number(NOW_S)
    assert clusters.look(grid(), cases(*(("f1-1", back) for back in range(6)), today=today), today) is None


def test_the_officers_page_asks_and_never_diagnoses(province: Province) -> None:
    with province.database.write() as session:
        for number in range(12):
            session.add(
                Gateway(
                    id=f"n{number}",
                    created_at=0.0,
                    farm_name=f"Trại {number}",
                    commune=BA_LIEN,
                    latitude=9.9 + number * 0.02,
                    longitude=105.0,
                )
            )
        session.flush()
        for number in range(12):
            session.add(FarmPerson(gateway_id=f"n{number}", person_id=BAY))
            session.add(
                Grant(gateway_id=f"n{number}", kind="incidents", granted_by=BAY, granted_at=0.0, withdrawn_at=None)
            )
    lan = province.browser(LAN)
    assert "không dồn về nơi nào" in lan.get("/incidents/cluster").text
    for farm in ("n0", "n1", "n2", "n3"):
        report(province, BAY, farm, pond="")
    page = lan.get("/incidents/cluster").text
    assert "Đây là câu hỏi để đi xem, không phải kết luận bệnh." in page
    found = lan.get("/api/incidents/cluster").json()
    assert sorted(found["farms"]) == ["n0", "n1", "n2", "n3"]
    assert found["once_in_days"] == pytest.approx(1 / found["p"])
    assert province.browser(BAY).get("/api/incidents/cluster").status_code == 403
    assert province.browser(MINH).get("/api/incidents/cluster").json() is None

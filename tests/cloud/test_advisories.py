"""An officer's advice reaches those it is for, and nobody else; data suggests, people write."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from cloud.accounts.models import Person
from cloud.advisories.by_mail import ByMail
from cloud.advisories.preset import preset
from cloud.advisories.suggest import (
    PondDawn,
    PondHour,
    RainHour,
    StationDay,
    dawn_oxygen,
    rain_shock,
    salinity_front,
)
from cloud.advisories.telling import tell_waiting
from cloud.farms.models import Pond
from cloud.stations import repository as stations
from cloud.stations.national_file import Line
from cloud.telemetry.calendar import begins_at, day_number
from cloud.telemetry.messages import parse_rows
from cloud.telemetry.store import store
from tests.cloud.mail_server import mail_server
from tests.cloud.people import grant
from tests.cloud.province import (
    ADMIN,
    BA_LIEN,
    BAY,
    CHIN,
    DAY_S,
    DUNG,
    FAR_AWAY,
    HOA,
    LAN,
    MINH,
    NOW_S,
    TAN_PHU,
    Province,
    advice,
)
from tests.cloud.test_telemetry import rows, sample

TODAY = date(2026, 11, 26)
LIMITS = preset(TODAY)


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    made = Province(tmp_path)
    yield made
    made.database.engine.dispose()


def listed(province: Province, person: int) -> list[int]:
    return [row["id"] for row in province.browser(person).get("/api/advisories").json()]


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


def salinities(*rises: float, commune: str = BA_LIEN) -> list[StationDay]:
    return [
        StationDay(f"s{number}", commune, back(days), 3.0 + (rise if days == 0 else 0.0))
        for number, rise in enumerate(rises)
        for days in (3, 2, 1, 0)
    ]


def test_two_stations_whose_salinity_rises_together_suggest_a_front() -> None:
    (draft,) = salinity_front(salinities(2.5, 3.0, 0.1), TODAY, LIMITS.salinity_front)
    assert (draft.kind, draft.communes) == ("salinity_front", (BA_LIEN,))
    assert [(one.where, one.before, one.now) for one in draft.evidence] == [("s0", 3.0, 5.5), ("s1", 3.0, 6.0)]


def test_one_station_alone_is_no_front_and_neither_is_fresh_water_or_a_gap() -> None:
    assert salinity_front(salinities(4.0, 0.5), TODAY, LIMITS.salinity_front) == []
    fresh = [StationDay(row.station, row.commune, row.day, row.salinity - 2.9) for row in salinities(2.1, 2.1)]
    assert salinity_front(fresh, TODAY, LIMITS.salinity_front) == []
    gap = [row for row in salinities(4.0, 4.0) if row.day != back(3)]
    assert salinity_front(gap, TODAY, LIMITS.salinity_front) == []


def dawns(*values: float, ponds: int = 3, commune: str = BA_LIEN) -> list[PondDawn]:
    return [
        PondDawn(f"p{pond}", commune, back(len(values) - 1 - number), value + pond / 100)
        for pond in range(ponds)
        for number, value in enumerate(values)
    ]


def test_oxygen_that_falls_at_every_dawn_suggests_advice_for_the_commune() -> None:
    falling = dawns(4.6, 4.3, 4.0, 3.7) + dawns(4.6, 4.3, 4.4, 3.7, commune=TAN_PHU)
    (draft,) = dawn_oxygen(falling, TODAY, LIMITS.dawn_oxygen)
    assert draft.communes == (BA_LIEN,)
    assert (draft.evidence[0].before, draft.evidence[0].now) == pytest.approx((4.61, 3.71))


@pytest.mark.parametrize(
    "rows",
    [dawns(4.6, 4.3, 4.0, 3.7, ponds=2), dawns(6.0, 5.7, 5.4, 5.1), dawns(4.0, 3.9, 3.85, 3.8), dawns(4.3, 4.0, 3.7)],
    ids=["few ponds", "still good", "hardly falls", "a day is missing"],
)
def test_little_or_weak_data_suggests_nothing(rows: list[PondDawn]) -> None:
    assert dawn_oxygen(rows, TODAY, LIMITS.dawn_oxygen) == []


def hours(*values: float, ponds: int = 3) -> list[PondHour]:
    begin = NOW_S - 3600 * (len(values) - 1)
    return [
        PondHour(f"p{pond}", BA_LIEN, begin + 3600 * number, value)
        for pond in range(ponds)
        for number, value in enumerate(values)
    ]


def test_rain_that_cools_the_ponds_suggests_advice() -> None:
    rain = [RainHour(BA_LIEN, NOW_S - 3600 * 4, 25.0), RainHour(BA_LIEN, NOW_S - 3600 * 3, 10.0)]
    cooled = hours(31.0, 31.2, 30.0, 28.8, 28.5, 28.6)
    (draft,) = rain_shock(rain, cooled, NOW_S, LIMITS.rain_shock)
    assert (draft.kind, draft.communes, len(draft.evidence)) == ("heavy_rain", (BA_LIEN,), 3)
    assert (draft.evidence[0].before, draft.evidence[0].now) == (31.0, 28.5)
    assert rain_shock(rain[:1], cooled, NOW_S, LIMITS.rain_shock) == []
    assert rain_shock(rain, hours(31.0, 31.2, 30.9, 30.0, 29.9, 29.8), NOW_S, LIMITS.rain_shock) == []
    assert rain_shock(rain, cooled[:12], NOW_S, LIMITS.rain_shock) == []


def test_advice_reaches_the_commune_and_nobody_else(province: Province) -> None:
    number = province.advise()
    assert (
        listed(province, BAY) == listed(province, HOA) == listed(province, LAN) == listed(province, ADMIN) == [number]
    )
    assert listed(province, CHIN) == listed(province, DUNG) == listed(province, MINH) == []
    for person in (CHIN, DUNG, MINH):
        http = province.browser(person)
        assert http.get(f"/api/advisories/{number}").status_code == 404
        assert http.get(f"/advice/{number}").status_code == 404
        assert http.post(f"/api/advisories/{number}/answers", json={"text": "?"}).status_code == 404
        assert http.post(f"/api/advisories/{number}/read").status_code == 404


def test_a_draft_is_for_officers_only(province: Province) -> None:
    number = province.advise(issued=False)
    assert listed(province, BAY) == []
    assert listed(province, LAN) == [number]
    assert province.browser(BAY).get(f"/advice/{number}").status_code == 404


def test_advice_for_a_kind_of_pond_reaches_farms_that_have_it(province: Province) -> None:
    number = province.advise(communes=[BA_LIEN, TAN_PHU], pond_kinds=["rice_shrimp"])
    assert listed(province, CHIN) == [number]
    assert listed(province, BAY) == []


def test_an_extension_area_is_its_communes(province: Province) -> None:
    number = province.advise(communes=[TAN_PHU], areas=[5])
    found = province.browser(LAN).get(f"/api/advisories/{number}").json()
    assert (found["communes"], found["place"]) == ([BA_LIEN, TAN_PHU], "Vùng ven biển, Xã Tân Phú")
    assert listed(province, BAY) == listed(province, CHIN) == [number]


def test_an_officer_writes_for_their_own_communes_only(province: Province) -> None:
    lan, minh = province.browser(LAN), province.browser(MINH)
    assert lan.post("/api/advisories", json=advice(communes=[BA_LIEN, FAR_AWAY])).status_code == 409
    assert minh.post("/api/advisories", json=advice(communes=[], areas=[5])).status_code == 409
    assert province.browser(BAY).post("/api/advisories", json=advice()).status_code == 403
    wide = province.advise(ADMIN, issued=False, communes=[BA_LIEN, FAR_AWAY])
    assert wide in listed(province, LAN)
    for path in ("issue", "withdraw"):
        assert lan.post(f"/api/advisories/{wide}/{path}").status_code == 404
    assert lan.put(f"/api/advisories/{wide}", json=advice()).status_code == 404
    assert lan.delete(f"/api/advisories/{wide}").status_code == 404
    assert lan.get(f"/api/advisories/{wide}/deliveries").status_code == 404


def test_delivery_and_reading_are_recorded_when_they_happen(province: Province) -> None:
    number = province.advise()

    def deliveries() -> dict[str, tuple[float | None, float | None]]:
        rows = province.browser(LAN).get(f"/api/advisories/{number}/deliveries").json()
        return {row["person"]: (row["delivered_at"], row["read_at"]) for row in rows}

    assert deliveries() == {"Bảy": (None, None), "Hoa": (None, None)}
    province.now_s += 60
    assert "chưa đọc" in province.browser(BAY).get("/advice").text
    assert deliveries()["Bảy"] == (NOW_S + 60, None)
    province.now_s += 60
    assert "Đóng cống &lt; 3 ngày." in province.browser(BAY).get(f"/advice/{number}").text
    province.now_s += 60
    province.browser(BAY).get(f"/advice/{number}")
    assert deliveries() == {"Bảy": (NOW_S + 60, NOW_S + 120), "Hoa": (None, None)}
    assert "chưa đọc" not in province.browser(BAY).get("/advice").text
    assert "2 người · đã đến 1 · đã đọc 1" in province.browser(LAN).get("/advisories").text


def test_a_farmer_answers_and_the_officer_reads_it(province: Province) -> None:
    number = province.advise(communes=[BA_LIEN, TAN_PHU])
    assert province.browser(BAY).post(f"/advice/{number}/answers", data={"text": "Đã đóng cống"}).status_code == 303
    assert (
        province.browser(CHIN).post(f"/api/advisories/{number}/answers", json={"text": "Ao em 6 phần ngàn"}).is_success
    )
    assert "Đã đóng cống" in province.browser(LAN).get(f"/advisories/{number}").text
    own = province.browser(CHIN).get(f"/api/advisories/{number}/answers").json()
    assert [row["person"] for row in own] == ["Chín"]
    assert province.browser(BAY).post(f"/advice/{number}/answers", data={"text": "  "}).status_code == 422


def test_what_was_issued_is_withdrawn_and_never_changed(province: Province) -> None:
    number = province.advise()
    lan = province.browser(LAN)
    assert lan.put(f"/api/advisories/{number}", json=advice(title_vi="Khác")).status_code == 409
    assert lan.delete(f"/api/advisories/{number}").status_code == 409
    assert lan.post(f"/api/advisories/{number}/issue").status_code == 409
    assert lan.post(f"/advisories/{number}/withdraw").status_code == 303
    assert lan.post(f"/advisories/{number}/withdraw").status_code == 409
    assert "đã thu hồi" in province.browser(BAY).get(f"/advice/{number}").text


def test_advice_that_is_over_already_is_not_issued(province: Province) -> None:
    number = province.advise(issued=False)
    province.now_s += 4 * DAY_S
    assert province.browser(LAN).post(f"/api/advisories/{number}/issue").status_code == 409


def test_advice_that_makes_no_sense_is_refused(province: Province) -> None:
    for changes in (
        {"valid_until": NOW_S - 1},
        {"communes": []},
        {"title_vi": " "},
        {"title_vi": "x" * 161},
        {"title_en": "Only a title"},
        {"kind": "magic"},
        {"body_vi": "a\u0000b"},
        {"pond_kinds": ["lake"]},
        {"more": 1},
    ):
        answer = province.browser(LAN).post("/api/advisories", json=advice(**changes))
        assert answer.status_code in (409, 422), answer.text
        assert listed(province, ADMIN) == []


FORM = {
    "kind": "heavy_rain",
    "severity": "severe",
    "certainty": "likely",
    "title_vi": "Mưa lớn đêm nay",
    "body_vi": "Chạy quạt từ chiều.",
    "title_en": "",
    "body_en": "",
    "phase": "growing",
    "pond_kinds": ["intensive"],
    "communes": [BA_LIEN],
    "valid_from": "2026-11-26T18:00",
    "valid_until": "2026-11-28T06:00",
}


def test_an_officer_writes_looks_changes_and_issues_on_the_pages(province: Province) -> None:
    lan = province.browser(LAN)
    assert "Xã Ba Liên" in (form := lan.get("/advisories/new").text)
    assert "Far Away" not in form
    answer = lan.post("/advisories", data=FORM)
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"]
    assert "Nếu phát bây giờ: 2 người nhận." in (look := lan.get(page).text)
    assert "26/11/2026 18:00 đến 28/11/2026 06:00" in look
    assert 'value="growing" selected' in lan.get(f"{page}/edit").text
    assert lan.post(page, data={**FORM, "title_vi": "Mưa rất lớn"}).status_code == 303
    assert lan.post(f"{page}/issue").status_code == 303
    assert "Mưa rất lớn" in province.browser(BAY).get("/advice").text


def test_a_form_with_a_mistake_comes_back_as_it_was_typed(province: Province) -> None:
    lan = province.browser(LAN)
    for changes, words in (
        ({"communes": []}, "Chọn ít nhất một xã"),
        ({"valid_until": "2026-11-26T17:00"}, "Lúc kết thúc phải sau"),
        ({"valid_from": "soon"}, "Lúc kết thúc phải sau"),
        ({"title_en": "Rain"}, "hoặc để trống cả hai"),
        ({"kind": "magic"}, "chọn sai"),
    ):
        answer = lan.post("/advisories", data={**FORM, **changes})
        assert answer.status_code == 422
        assert words in answer.text
        assert "Chạy quạt từ chiều." in answer.text


def test_another_sites_page_cannot_issue(province: Province) -> None:
    number = province.advise(issued=False)
    strange = {"origin": "https://evil.example"}
    assert province.browser(LAN).post(f"/advisories/{number}/issue", headers=strange).status_code == 403
    assert province.browser(BAY).get("/advice", headers={"sec-fetch-site": "cross-site"}).status_code == 200


class Push:
    """A channel that fails when told to, and knows no way to Hoa."""

    channel = "push"

    def __init__(self, province: Province) -> None:
        self.province = province
        self.works = False

    def tell(self, person: Person, title: str, body: str, path: str) -> bool | None:
        if not self.works:
            raise OSError("no route")
        if person.id == HOA:
            return None
        self.province.told.append((person.name, title, body, path))
        return True


def test_a_channel_that_fails_tells_later_and_only_once(province: Province) -> None:
    push = Push(province)
    province.app.state.tellers = (push,)
    number = province.advise()

    def tell() -> int:
        return tell_waiting(province.database, [push], lambda: province.now_s)

    assert tell() == 0
    push.works = True
    assert (tell(), tell()) == (1, 0)
    assert province.told == [("Bảy", advice()["title_vi"], advice()["body_vi"], f"/advice/{number}")]
    rows = province.browser(LAN).get(f"/api/advisories/{number}/deliveries").json()
    assert [(row["person"], row["delivered_at"]) for row in rows if row["channel"] == "push"] == [("Bảy", NOW_S)]


def test_advice_goes_by_mail_to_who_gave_an_address(province: Province) -> None:
    with mail_server() as mailbox:
        by_mail = ByMail(mailbox.url, "https://cloud.example.org")
        province.app.state.tellers = (by_mail,)
        with province.database.write() as session:
            session.get_one(Person, BAY).email = "bay@example.org"
        number = province.advise()
        assert tell_waiting(province.database, [by_mail], lambda: province.now_s) == 1
        assert tell_waiting(province.database, [by_mail], lambda: province.now_s) == 0
    ((to, letter),) = mailbox.letters
    assert to == "bay@example.org"
    assert f"https://cloud.example.org/advice/{number}" in letter.as_string()


def test_advice_that_was_withdrawn_is_told_no_more(province: Province) -> None:
    push = Push(province)
    province.app.state.tellers = (push,)
    number = province.advise()
    province.browser(LAN).post(f"/api/advisories/{number}/withdraw")
    push.works = True
    assert tell_waiting(province.database, [push], lambda: province.now_s) == 0


def test_the_audit_names_who_issued(province: Province) -> None:
    from cloud.accounts import audit

    province.advise()
    with province.database.read() as session:
        lines = [(line.who, line.what) for line in audit.newest(session, None, 2**62, 10)]
    assert lines == [("person 1", "advisory_issued"), ("person 1", "advisory_written")]
    page = province.browser(ADMIN).get("/audit").text
    assert "Phát khuyến cáo" in page
    assert "Viết khuyến cáo" in page


def test_falling_dawns_are_suggested_to_the_officer_who_may_see_the_water(province: Province) -> None:
    dawn_s = begins_at(day_number(NOW_S)) + 5 * 3600
    with province.database.write() as session:
        for number in range(3):
            node = f"n{number}"
            session.add(
                Pond(gateway_id="g-bay", key=node, name=node, node=node, aerators=1, alarm_low=4.0, danger_low=3.0)
            )
            session.flush()
            for day, oxygen in enumerate((3.6, 4.0, 4.3, 4.6)):
                at = dawn_s - day * DAY_S
                found = [("do_mg_l", oxygen, 0, 0)]
                made = sample(number * 10 - day + 5, node=node, taken_at=at, readings=found)
                store(session, "g-bay", parse_rows(rows(made)), NOW_S)
    lan = province.browser(LAN)
    assert "không gợi ý gì" in lan.get("/advisories/suggestions").text
    grant(province.database, "g-bay", BAY, ["water"])
    piece = lan.get("/advisories/suggestions").text
    assert "Xã Ba Liên: ao ở giữa từ 4,6 xuống 3,6 mg/L" in piece
    assert "không gợi ý gì" in province.browser(MINH).get("/advisories/suggestions").text
    form = lan.get(f"/advisories/new?draft=dawn_oxygen&commune={BA_LIEN}").text
    assert "Oxy lúc sáng sớm giảm dần" in form
    assert f'value="{BA_LIEN}" checked' in form


def test_stations_whose_salinity_rises_are_suggested_to_their_officer(province: Province) -> None:
    place = {"kind": "river", "latitude": None, "longitude": None, "gateway_id": None, "node": None, "preset": ""}
    with province.database.write() as session:
        for number, commune in enumerate((BA_LIEN, TAN_PHU, FAR_AWAY)):
            values = {"code": f"S{number}", "name": f"Cống {number}", "commune": commune, "interval_s": 3600, **place}
            station = stations.add(session, values, NOW_S)
            lines = [
                Line(
                    symbol="Sal",
                    value=2.0 + (3.5 if hour < 24 else 0.0),
                    unit="‰",
                    at=int(NOW_S) - 3600 * hour - 1,
                    status="00",
                )
                for hour in range(96)
            ]
            stations.store(session, station.id, lines, NOW_S)
    piece = province.browser(LAN).get("/advisories/suggestions").text
    assert "Cống 0: độ mặn từ 2,0 lên 5,5 ‰" in piece
    assert "Cống 2" not in piece
    assert f"draft=salinity_front&amp;commune={BA_LIEN}&amp;commune={TAN_PHU}" in piece
    assert "không gợi ý gì" in province.browser(MINH).get("/advisories/suggestions").text


def test_rain_that_a_gauge_counted_and_ponds_felt_is_suggested(province: Province) -> None:
    grant(province.database, "g-bay", BAY, ["water"])
    warmth = [28.6, 28.5, 28.8, 30.0, 31.2, 31.0, 31.0]
    counted = [90.0, 90.0, 90.0, 75.0, 50.0, 50.0, 50.0]
    with province.database.write() as session:
        for number in range(3):
            node = f"n{number}"
            session.add(
                Pond(gateway_id="g-bay", key=node, name=node, node=node, aerators=1, alarm_low=4.0, danger_low=3.0)
            )
        session.flush()
        for node, quantity, values in (
            *((f"n{number}", "temperature_c", warmth) for number in range(3)),
            ("gauge", "rain_mm", counted),
        ):
            for hour, value in enumerate(values):
                at = NOW_S - 3600 * hour - 60
                made = sample(20 - hour, node=node, taken_at=at, readings=[(quantity, value, 0, 0)])
                store(session, "g-bay", parse_rows(rows(made)), NOW_S)
    piece = province.browser(LAN).get("/advisories/suggestions").text
    assert "Mưa lớn làm nước lạnh nhanh" in piece
    assert "Trại g-bay, n1: nước từ 31,2 xuống 28,5 °C" in piece

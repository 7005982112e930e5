"""The section of the night to come: what it says in both languages, and that it stays quiet where nothing is known."""

from typing import Any

import pytest

from gateway.text import text
from gateway.web.live import news
from gateway.web.pages import Pages, make_environment
from gateway.web.tonight import chart, lasting, probe_note, tonight

MACHINE = {
    "number": 3,
    "wanted": True,
    "running": True,
    "switch": 1,
    "failed": False,
    "stuck": False,
    "override": False,
    "reason": "plan_run",
    "numbers": {"do": 5.2, "low": 3.6, "hour": 4.17},
}
OUTLOOK = {
    "source": "plan",
    "band": [[0, 5.1, 5.2, 5.3], [30, 4.7, 5.0, 5.3], [60, 4.4, 4.8, 5.2]],
    "machines": [[0, 1], [45, 3]],
    "cost_vnd": 123_456.0,
    "lowest": {"do_mg_l": 3.6, "hour": 4.17},
    "with_air": {"to_low_min": None, "to_danger_min": None},
    "without_air": {"to_low_min": 31.0, "to_danger_min": 57.9},
}
GOOD = {
    "verdict": "",
    "offset_mg_l": 0.0,
    "offset_sd_mg_l": 0.1,
    "shown_mg_l": 5.2,
    "corrected_mg_l": 5.2,
    "task": "",
}
FOULED = {**GOOD, "verdict": "fouled", "offset_mg_l": 0.8, "corrected_mg_l": 4.4, "task": "clean_probe"}


def pond(**changes: Any) -> dict[str, Any]:
    return {
        "id": "ao-2",
        "name": "Ao 2",
        "node": None,
        "level": "ok",
        "do_state": "good",
        "do_mg_l": 5.2,
        "age_s": 3.0,
        "stale_after_s": 32.0,
        "trend_mg_l_h": -0.4,
        "limits": {"danger": 3.0, "alarm": 4.0},
        "others": [],
        "machines": [MACHINE],
        "outlook": OUTLOOK,
        "probe": GOOD,
    } | changes


def snapshot(*ponds: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "farm": "Farm",
        "at_wall_s": 1_800_000_000.0,
        "wall_known": True,
        "speed": 1.0,
        "ponds": list(ponds),
        "panels": {},
        "cloud": {"used": False, "connected": False, "refused": False, "silent_s": None, "error": "", "shared": False},
        "journal": {"failing": "", "refused": 0},
        "tariff": {"name": "vn-6-22kv", "warning": ""},
    } | changes


def said(language: str, **changes: Any) -> list[str]:
    one = pond(**changes)
    found = tonight(one, snapshot(one, speed=60.0), text(language))
    return [f"{line.label}: {line.value} {line.more}".strip().replace("\u00a0", " ") for line in found.lines]


def test_the_night_in_vietnamese() -> None:
    assert said("vi") == [
        "Thấp nhất: 3,6 mg/L lúc 04:10",
        "Quạt chạy: bây giờ 1 sau 45 phút → 3",
        "Tiền điện: khoảng 123.000 đ 18 giờ tới",
        "Nếu mất điện: còn 55 phút đến 3 mg/L còn 30 phút đến 4 mg/L",
        "Nếu bật hết: 18 giờ tới vẫn trên 4 mg/L",
    ]


def test_the_night_in_english() -> None:
    assert said("en")[0] == "Lowest: 3.6 mg/L at 04:10"
    assert said("en")[2] == "Electricity: about 123,000 VND next 18 h"
    assert said("en")[3].startswith("If power fails: 55 min left until 3 mg/L")


def test_time_left_is_never_said_longer_than_it_is() -> None:
    words = text("vi")
    assert [words.duration(minutes) for minutes in (0.4, 19.9, 24.9, 119.0, 120.0, 239.0)] == [
        "< 1 phút",
        "19 phút",
        "20 phút",
        "115 phút",
        "2 giờ",
        "3 giờ 55 phút",
    ]


def test_hours_are_written_by_the_clock() -> None:
    words = text("vi")
    assert [words.hour(hour) for hour in (0.0, 4.17, 23.99, 24.0)] == ["00:00", "04:10", "00:00", "00:00"]
    assert words("reason.plan_run", low=3.6, hour=4.17).endswith("3,6 lúc 04:10")
    assert words("reason.plan_run", low=3.6, hour=float("nan")).endswith("–")


def test_a_farm_that_knows_the_hour_names_it() -> None:
    one = pond()
    line = tonight(one, snapshot(one, hour=23.5), text("vi")).lines[1]
    assert line.more.replace("\u00a0", " ") == "00:15 → 3"


@pytest.mark.parametrize(
    ("left", "level", "words"),
    [
        ({"to_low_min": 0.0, "to_danger_min": 20.0}, "danger", "còn 20 phút đến 3 mg/L"),
        ({"to_low_min": 90.0, "to_danger_min": None}, "watch", "còn 90 phút đến 4 mg/L"),
        ({"to_low_min": 0.0, "to_danger_min": 0.0}, "danger", "đang dưới 3 mg/L"),
    ],
)
def test_air_that_does_not_help_is_alarming(left: dict[str, float | None], level: str, words: str) -> None:
    one = pond(outlook={**OUTLOOK, "with_air": left})
    line = tonight(one, snapshot(one), text("vi")).lines[-1]
    assert line.level == level
    assert line.value.replace("\u00a0", " ") == words


@pytest.mark.parametrize(
    ("changes", "wall_known", "words"),
    [
        ({}, True, "1 ngày"),
        ({"do_state": "stale"}, True, "số đo tin được"),
        ({}, False, "đồng hồ"),
    ],
)
def test_what_is_missing_for_a_forecast_is_said_quietly(changes: dict[str, Any], wall_known: bool, words: str) -> None:
    one = pond(outlook=None, **changes)
    found = tonight(one, snapshot(one, wall_known=wall_known), text("vi"))
    assert found.lines == ()
    assert words in found.remark


def test_a_pond_that_is_only_watched_has_no_machines_and_no_cost() -> None:
    assert [line.split(":")[0] for line in said("vi", machines=[])] == ["Thấp nhất", "Nếu mất điện"]


def test_changes_that_are_soon_taken_back_are_not_told() -> None:
    walk = [[0, 2], [10, 4], [40, 5], [50, 4], [60, 5], [90, 6], [95, 5], [200, 1]]
    assert lasting(walk) == [(0, 2), (10, 4), (60, 5), (200, 1)]
    assert lasting([[0, 3]]) == [(0, 3)]
    assert lasting([]) == []


def test_a_good_probe_needs_no_note() -> None:
    assert probe_note(pond(), text("vi")) is None
    assert probe_note(pond(probe=None), text("vi")) is None


def test_a_fouled_probe_is_a_task() -> None:
    note = probe_note(pond(probe=FOULED), text("vi"))
    assert note is not None
    assert note.title == "Đầu dò bị bẩn"
    assert "chỉ 5,2, thật khoảng 4,4 ± 0,1" in note.values
    assert note.task == "Vệ sinh đầu dò Ao 2"
    assert note.how


def test_a_verdict_without_words_still_asks_to_look() -> None:
    note = probe_note(pond(probe={**GOOD, "verdict": "unheard_of", "corrected_mg_l": None}), text("en"))
    assert note is not None
    assert (note.title, note.values) == ("Something is wrong with the probe", "")
    assert note.task == "Check the probe of Ao 2"


def test_the_chart_holds_band_and_machines_on_one_axis() -> None:
    one = pond()
    found = chart(one, snapshot(one, speed=60.0))
    assert [at - 1_800_000_000 for at in found["at"] if at] == [0.0, 30.0, 45.0, 60.0]
    assert found["mid"] == [5.2, 5.0, None, 4.8]
    assert found["machines"] == [1, 1, 3, 3]
    assert chart(pond(outlook=None), snapshot())["at"] == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_page_and_live_message_say_the_same(language: str) -> None:
    pages, words = Pages(make_environment("gateway.web")), text(language)
    two = pond(id="ao-3", name="<b>Ao", probe=FOULED)
    three = {key: value for key, value in pond(id="ao-4").items() if key not in ("outlook", "probe")}
    shown = snapshot(pond(), two, three, tariff={"name": "x", "warning": "x cannot be read"})
    page, pieces = pages.farm(shown, [], words), pages.live(shown, words)["pieces"]
    for name in ("ao-2-tonight", "ao-3-probe", "ao-4-tonight", "notes"):
        assert pieces[name]
        assert pieces[name] in page
    assert pieces["ao-2-probe"].strip() == ""
    assert "<b>Ao" not in pieces["ao-3-probe"]
    assert "tonight." not in page
    assert "reason." not in page
    assert words("page.tariff_unknown") in pieces["notes"]


def test_a_snapshot_of_an_older_controller_is_shown() -> None:
    pages = Pages(make_environment("gateway.web"))
    old = snapshot({key: value for key, value in pond().items() if key not in ("outlook", "probe")})
    del old["tariff"]
    assert "Ao 2" in pages.farm(old, [], text("vi"))


def test_a_phone_is_sent_what_is_new() -> None:
    pages, words = Pages(make_environment("gateway.web")), text("vi")
    first = pages.live(snapshot(pond()), words)
    assert news(first, {}) == first
    lower = {**OUTLOOK, "lowest": {"do_mg_l": 3.1, "hour": 4.0}}
    second = pages.live(snapshot(pond(outlook=lower)), words)
    assert news(second, first["pieces"])["pieces"].keys() == {"ao-2-head", "ao-2-tonight"}
    assert news(second, second["pieces"])["ponds"] == second["ponds"]

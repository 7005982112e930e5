"""The public feed: every message keeps the rules of CAP 1.2, and says what the officer wrote."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from cloud.advisories.bodies import ADVICE_KINDS
from tests.cloud.cap_rules import NAMESPACE, broken_rules, text_of
from tests.cloud.province import BA_LIEN, BAY, DAY_S, LAN, NOW_S, PUBLIC_URL, TAN_PHU, Province, advice

ATOM = "{http://www.w3.org/2005/Atom}"
ENGLISH = {"title_en": "Salt water & wind", "body_en": "Close the sluices for <3 days."}


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    made = Province(tmp_path)
    yield made
    made.database.engine.dispose()


def entries(province: Province) -> list[str]:
    feed = province.browser(BAY).get("/cap/feed.atom")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    links = Xml.fromstring(feed.content).iterfind(f"{ATOM}entry/{ATOM}link")
    return [link.attrib["href"].removeprefix(PUBLIC_URL) for link in links]


def message(province: Province, path: str) -> Xml.Element:
    answer = province.browser(BAY).get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/cap+xml")
    assert broken_rules(answer.content) == []
    return Xml.fromstring(answer.content)


def test_every_kind_of_advice_keeps_the_rules(province: Province) -> None:
    for kind in ADVICE_KINDS:
        for english in ({}, ENGLISH):
            number = province.advise(kind=kind, severity="severe", certainty="possible", **english)
            assert entries(province)[0] == f"/cap/{number}.xml"
            message(province, f"/cap/{number}.xml")


def test_the_message_says_what_the_officer_wrote(province: Province) -> None:
    number = province.advise(communes=[TAN_PHU, BA_LIEN], valid_from=NOW_S + DAY_S, **ENGLISH)
    alert = message(province, f"/cap/{number}.xml")
    vi, en = alert.iterfind(f"{NAMESPACE}info")
    assert text_of(alert, "sender") == "khuyennong.example"
    assert text_of(alert, "sent") == datetime.fromtimestamp(NOW_S, UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")
    assert (text_of(vi, "language"), text_of(en, "language")) == ("vi-VN", "en-US")
    assert (text_of(vi, "event"), text_of(en, "event")) == ("Nước mặn lên", "Salinity front")
    assert text_of(vi, "headline") == advice()["title_vi"]
    assert text_of(vi, "description") == advice()["body_vi"]
    assert text_of(en, "description") == ENGLISH["body_en"]
    assert (text_of(vi, "urgency"), text_of(vi, "severity"), text_of(vi, "certainty")) == (
        "Future",
        "Moderate",
        "Likely",
    )
    area = vi.find(f"{NAMESPACE}area")
    assert area is not None
    assert text_of(area, "areaDesc") == "Xã Tân Phú, Xã Ba Liên"
    codes = [text_of(geocode, "value") for geocode in area.iterfind(f"{NAMESPACE}geocode")]
    assert codes == [BA_LIEN, TAN_PHU]


def test_a_withdrawal_cancels_the_message_it_names(province: Province) -> None:
    number = province.advise()
    alert = message(province, f"/cap/{number}.xml")
    assert province.browser(BAY).get(f"/cap/{number}-cancel.xml").status_code == 404
    province.now_s += 3600
    province.browser(LAN).post(f"/api/advisories/{number}/withdraw")
    assert entries(province) == [f"/cap/{number}-cancel.xml"]
    cancel = message(province, f"/cap/{number}-cancel.xml")
    assert text_of(cancel, "msgType") == "Cancel"
    named = ",".join(text_of(alert, name) for name in ("sender", "identifier", "sent"))
    assert text_of(cancel, "references") == named
    assert text_of(cancel, "identifier") != text_of(alert, "identifier")
    message(province, f"/cap/{number}.xml")


def test_drafts_and_what_is_over_are_not_in_the_feed(province: Province) -> None:
    draft = province.advise(issued=False)
    over = province.advise(valid_until=NOW_S + DAY_S)
    assert entries(province) == [f"/cap/{over}.xml"]
    province.now_s += 2 * DAY_S
    assert entries(province) == []
    http = province.browser(BAY)
    assert http.get(f"/cap/{draft}.xml").status_code == 404
    assert http.get("/cap/999.xml").status_code == 404
    assert http.get(f"/cap/{over}.xml").status_code == 200


def test_the_index_is_whole_atom(province: Province) -> None:
    for _ in range(2):
        province.advise()
        province.now_s += 60
    feed = Xml.fromstring(province.browser(BAY).get("/cap/feed.atom").content)
    for element in (feed, *feed.iterfind(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        datetime.strptime(element.findtext(f"{ATOM}updated") or "", "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert feed.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [element.text for element in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids)) == 3


def test_the_rules_find_what_is_wrong(province: Province) -> None:
    """Checks that never fail would prove nothing."""
    number = province.advise()
    province.browser(LAN).post(f"/api/advisories/{number}/withdraw")
    good = province.browser(BAY).get(f"/cap/{number}-cancel.xml").text
    for old, new in (
        ("<status>Actual</status>", ""),
        ("<status>Actual</status>", "<status>Real</status>"),
        ("-00:00</sent>", "Z</sent>"),
        ("<scope>Public</scope>", "<scope>Private</scope>"),
        ("<identifier>pond", "<identifier>a pond"),
        ("<references>", "<references>x,"),
        ("<category>Env</category>", ""),
        ("<severity>Moderate</severity>", "<severity>Mild</severity>"),
        ("<areaDesc>Xã Ba Liên</areaDesc>", ""),
        ("<msgType>Cancel</msgType><scope>Public</scope>", "<scope>Public</scope><msgType>Cancel</msgType>"),
        ("<valueName>VN.GSO.commune</valueName>", ""),
        ("<urgency>Past</urgency>", "<urgency>Past</urgency><urgency>Past</urgency>"),
    ):
        assert old in good
        assert broken_rules(good.replace(old, new).encode()) != [], new

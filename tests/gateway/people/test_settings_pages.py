"""People and settings, changed from the pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.farm import read_farm
from tests.gateway.offices import Office, office
from tests.gateway.test_tonight import pond, snapshot


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, snapshot(pond())) as made:
        made.file.write_text(f"# the note of a technician\n{made.file.read_text()}")
        yield made


def mark(at: Office, page: str) -> str:
    found = re.search(r'name="mark" value="(\w+)"', at.client.get(page).text)
    assert found is not None
    return found[1]


def test_a_change_is_shown_in_plain_words_before_it_is_saved_and_can_be_undone(at: Office) -> None:
    at.sign_in("tam")
    typed = {"ao-1.alarm_low": "4,2", "ao-1.comfort": "careful", "ao-1.dense": "yes", "mark": mark(at, "/settings")}
    before = at.file.read_text()
    shown = at.client.post("/settings/check", data=typed).text
    assert "<s>4 mg/L</s> → <b>4,2 mg/L</b>" in shown
    assert "cẩn thận" in shown
    assert at.file.read_text() == before
    assert at.client.post("/settings", data=typed, follow_redirects=False).status_code == 303
    pond_now = read_farm(at.file).pond[0]
    assert (pond_now.alarm_low, pond_now.comfort, pond_now.dense) == (4.2, "careful", True)
    assert "# the note of a technician" in at.file.read_text()
    at.client.post("/settings/undo")
    assert at.file.read_text() == before


def test_settings_that_contradict_each_other_are_refused_in_words_and_nothing_is_saved(at: Office) -> None:
    at.sign_in("tam")
    before = at.file.read_text()
    reply = at.client.post("/settings/check", data={"ao-1.alarm_low": "6,5", "mark": mark(at, "/settings")})
    assert reply.status_code == 422
    assert "Mức báo động ≤ Mức giữ" in reply.text
    assert at.client.post("/settings", data={"ao-1.alarm_low": "abc", "mark": "x"}).status_code == 422
    assert at.file.read_text() == before


def test_the_second_of_two_who_change_at_once_is_told(at: Office) -> None:
    at.sign_in("tam")
    seen = mark(at, "/settings")
    assert at.client.post("/settings", data={"ao-1.alarm_low": "4,1", "mark": seen}).status_code == 200
    late = at.client.post("/settings", data={"ao-1.alarm_low": "4,4", "mark": seen})
    assert late.status_code == 409
    assert read_farm(at.file).pond[0].alarm_low == 4.1


def test_people_are_added_changed_and_removed(at: Office) -> None:
    at.sign_in("tam")
    new = {"name": "Út", "role": "worker", "phone": "0987 654 321", "mark": mark(at, "/people")}
    assert at.client.post("/people", data=new, follow_redirects=False).status_code == 303
    added = next(person for person in read_farm(at.file).person if person.name == "Út")
    assert (added.id, added.phone) == ("ut", "+84987654321")
    changed = {"key": "ut", "name": "Út Em", "role": "technician", "mark": mark(at, "/people")}
    at.client.post("/people", data=changed)
    person = next(person for person in read_farm(at.file).person if person.id == "ut")
    assert (person.name, person.role, person.phone) == ("Út Em", "technician", None)
    at.client.post("/people/ut/remove", data={"mark": mark(at, "/people")})
    assert all(person.id != "ut" for person in read_farm(at.file).person)


def test_a_phone_number_that_is_none_is_refused(at: Office) -> None:
    at.sign_in("tam")
    wrong = {"name": "Út", "role": "worker", "phone": "12", "mark": mark(at, "/people")}
    assert at.client.post("/people", data=wrong).status_code == 422
    assert "Út" not in at.file.read_text()


def test_who_is_removed_is_out_at_once_and_the_last_owner_stays(at: Office) -> None:
    at.sign_in("bay")
    session = at.client.cookies["session"]
    at.sign_in("tam")
    at.client.post("/people/bay/remove", data={"mark": mark(at, "/people")})
    assert at.people.person_of(session) is None
    assert at.client.post("/people/tam/remove", data={"mark": mark(at, "/people")}).status_code == 409
    as_worker = {"key": "tam", "name": "Anh Tám", "role": "worker", "mark": mark(at, "/people")}
    assert at.client.post("/people", data=as_worker).status_code == 409


def test_a_token_is_shown_once_and_can_be_revoked(at: Office) -> None:
    at.sign_in("tam")
    page = at.client.post("/tokens", data={"name": "HA", "role": "visitor"}).text
    secret = re.search(r"<code>([\w-]+)</code>", page)
    assert secret is not None
    assert secret[1] not in at.client.get("/people").text
    assert at.people.token(secret[1]) is not None
    at.client.post("/tokens/revoke", data={"name": "HA"})
    assert at.people.token(secret[1]) is None


def test_what_concerns_the_whole_farm_is_changed_too_and_what_was_not_sent_stays(at: Office) -> None:
    at.sign_in("tam")
    typed = {"farm:from": "21:30", "farm:to": "05:00", "farm:siren": "no", "mark": mark(at, "/settings")}
    assert "Còi ở trại" in at.client.post("/settings/check", data=typed).text
    assert at.client.post("/settings", data=typed, follow_redirects=False).status_code == 303
    farm = read_farm(at.file)
    assert farm.quiet is not None
    assert (farm.quiet.from_hour, farm.quiet.to_hour, farm.alarms.siren) == (21.5, 5.0, False)
    assert not farm.pond[0].dense
    at.client.post("/settings", data={"ao-1.setpoint": "4,8", "mark": mark(at, "/settings")})
    assert not read_farm(at.file).alarms.siren
    assert at.client.post("/settings/check", data={"farm:from": "25:00"}).status_code == 422


def test_a_full_disk_is_told_and_changes_nothing(at: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    at.sign_in("tam")
    before = at.file.read_text()
    seen = mark(at, "/settings")
    monkeypatch.setattr("gateway.settings_file.write_whole", full)
    reply = at.client.post("/settings", data={"ao-1.alarm_low": "4,1", "mark": seen})
    assert reply.status_code == 503
    assert "No space left" in reply.text
    people = at.client.post("/people", data={"name": "Mười", "role": "worker", "mark": seen})
    assert people.status_code == 503
    assert at.file.read_text() == before


def test_an_older_version_is_found_by_its_turn_though_the_clock_went_back(at: Office) -> None:
    at.sign_in("tam")
    for value in ("4,1", "4,2", "4,3"):
        at.client.post("/settings", data={"ao-1.alarm_low": value, "mark": mark(at, "/settings")})
    at.client.post("/settings/undo")
    assert read_farm(at.file).pond[0].alarm_low == 4.2


def test_a_new_person_does_not_come_in_with_an_old_ones_password(at: Office) -> None:
    at.sign_in("tam")
    at.people.set_password("muoi", "somebody else's")
    at.client.post("/people", data={"name": "Mười", "role": "worker", "mark": mark(at, "/people")})
    assert not at.people.knows("muoi")

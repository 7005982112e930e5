"""Who may come in."""

from pathlib import Path

import apsw
import pytest

from gateway.people.code import current_code, spend_code
from gateway.people.limits import PER_PERSON, WINDOW_S, DoorLimits
from gateway.people.names import free_key
from gateway.people.passwords import PasswordRefused
from gateway.people.store import INVITATION_S, SESSION_IDLE_S, PeopleStore
from tests.gateway.farms import Steps

SECRET = "con tôm sú"


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def store(tmp_path: Path, steps: Steps) -> PeopleStore:
    made = PeopleStore(tmp_path / "data" / "people.sqlite", steps.clock().wall)
    made.set_password("tam", SECRET)
    return made


def test_the_right_password_and_no_other_opens(store: PeopleStore) -> None:
    assert store.verify("tam", SECRET)
    assert not store.verify("tam", SECRET + " ")
    assert not store.verify("bay", SECRET)
    assert store.knows("tam")
    assert not store.knows("bay")


@pytest.mark.parametrize("password", ["", "1234567", "x" * 201])
def test_a_password_of_a_wrong_length_is_refused(store: PeopleStore, password: str) -> None:
    with pytest.raises(PasswordRefused):
        store.set_password("tam", password)
    assert store.verify("tam", SECRET)


def test_nothing_that_opens_a_door_lies_in_the_file(store: PeopleStore, tmp_path: Path) -> None:
    file = tmp_path / "data" / "people.sqlite"
    secrets = [SECRET, store.begin("tam"), store.invite("bay"), store.make_token("ha", "visitor")]
    content = file.read_bytes()
    assert all(secret.encode() not in content for secret in secrets)
    assert file.stat().st_mode & 0o077 == 0


def test_a_session_lasts_while_it_is_used(store: PeopleStore, steps: Steps) -> None:
    session = store.begin("tam")
    for _ in range(4):
        steps.forward(SESSION_IDLE_S * 0.7)
        assert store.person_of(session) == "tam"
    steps.forward(SESSION_IDLE_S + 1)
    assert store.person_of(session) is None


def test_sign_out_and_a_new_password_end_sessions(store: PeopleStore) -> None:
    first, second = store.begin("tam"), store.begin("tam")
    store.end(first)
    assert store.person_of(first) is None
    assert store.person_of(second) == "tam"
    store.set_password("tam", "another secret")
    assert store.person_of(second) is None
    third = store.begin("tam")
    store.forget("tam")
    assert store.person_of(third) is None
    assert not store.anybody()


def test_an_invitation_is_good_once_and_for_seven_days(store: PeopleStore, steps: Steps) -> None:
    old = store.invite("bay")
    secret = store.invite("bay")
    assert store.invited(old) is None
    assert store.invited(secret) == "bay"
    store.set_password("bay", "bay bay bay")
    assert store.invited(secret) is None
    late = store.invite("bay")
    steps.forward(INVITATION_S + 1)
    assert store.invited(late) is None


def test_a_token_has_a_name_and_a_role_until_it_is_revoked(store: PeopleStore) -> None:
    secret = store.make_token("Home Assistant", "visitor")
    token = store.token(secret)
    assert token is not None
    assert (token.name, token.role) == ("Home Assistant", "visitor")
    store.revoke("Home Assistant")
    assert store.token(secret) is None
    assert store.tokens() == []


def test_the_code_is_good_once_and_only_as_it_is(tmp_path: Path) -> None:
    code = current_code(tmp_path)
    assert current_code(tmp_path) == code
    assert not spend_code(tmp_path, "00000000" if code != "00000000" else "1")
    assert spend_code(tmp_path, f" {code} ")
    assert not spend_code(tmp_path, code)


def test_a_door_that_was_tried_too_often_waits_for_that_person_only(steps: Steps) -> None:
    doors = DoorLimits(steps.clock().monotonic)
    for number in range(PER_PERSON):
        assert doors.try_s("tam", f"10.0.0.{number}") == 0
    assert doors.try_s("tam", "10.0.0.9") > 0
    assert doors.try_s("bay", "10.0.0.9") == 0
    steps.forward(WINDOW_S + 1)
    assert doors.try_s("tam", "10.0.0.9") == 0


def test_who_comes_in_is_not_counted(steps: Steps) -> None:
    doors = DoorLimits(steps.clock().monotonic)
    for _ in range(100):
        assert doors.try_s("tam", "10.0.0.1") == 0
        doors.succeeded("tam", "10.0.0.1")


def test_one_address_cannot_try_everybody(steps: Steps) -> None:
    doors = DoorLimits(steps.clock().monotonic)
    for number in range(20):
        assert doors.try_s(f"person-{number}", "10.0.0.1") == 0
    assert doors.try_s("new", "10.0.0.1") > 0
    assert doors.try_s("new", "10.0.0.2") == 0


def test_two_of_one_name_get_two_keys() -> None:
    assert free_key("Anh Tám", []) == "anh-tam"
    assert free_key("Anh Tám", ["anh-tam", "anh-tam-2"]) == "anh-tam-3"
    assert free_key("!", []) == "person"


def test_a_disk_that_takes_nothing_keeps_nobody_outside_and_ends_what_has_ended(
    store: PeopleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, other = store.begin("tam"), store.begin("tam")
    real = apsw.Connection

    class ReadOnly(apsw.Connection):
        def __init__(self, name: str) -> None:
            super().__init__(name, flags=apsw.SQLITE_OPEN_READONLY)

    monkeypatch.setattr("gateway.people.store.apsw.Connection", ReadOnly)
    assert store.verify("tam", SECRET)
    session = store.begin("tam")
    assert [store.person_of(secret) for secret in (before, session)] == ["tam", "tam"]
    store.end(before)
    store.end(session)
    assert [store.person_of(secret) for secret in (before, session, other)] == [None, None, "tam"]
    monkeypatch.setattr("gateway.people.store.apsw.Connection", real)

"""SMS arrive whole, in the letters they were written in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.messages.pdu import ALPHABET, BadPdu, parts, read_deliver
from hardware.twin.sms import make_deliver, read_submit

VIETNAMESE = "Ao 3: oxy 2,1 mg/L, còn 20 phút. Bật hết quạt, kiểm tra cầu dao ngay! "


def through_the_network(text: str, number: str = "+84901234567") -> tuple[str, int]:
    read = [read_submit(part.text, part.octets) for part in parts(number, text, 201)]
    assert {part.number for part in read} == {number}
    assert [part.at for part in read] == list(range(1, len(read) + 1))
    assert {part.of for part in read} == {len(read)}
    return "".join(part.text for part in read), len(read)


@pytest.mark.parametrize(
    ("text", "count"),
    [("Oxygen low", 1), ("a" * 160, 1), ("a" * 161, 2), ("ố" * 70, 1), ("ố" * 71, 2), (VIETNAMESE * 5, 6), ("", 1)],
)
def test_short_and_long(text: str, count: int) -> None:
    assert through_the_network(text) == (text, count)


@given(st.text(ALPHABET.replace("\x1b", ""), max_size=700), st.integers(7, 15))
def test_plain_texts(text: str, digits: int) -> None:
    assert through_the_network(text, "+" + "84901234567890"[:digits])[0] == text


@given(st.text(st.characters(codec="utf-16"), max_size=400))
def test_any_text(text: str) -> None:
    assert through_the_network(text)[0] == text


def test_what_comes_in() -> None:
    assert read_deliver(make_deliver("+84901234567", "Đã nhận")[0]) == ("+84901234567", "Đã nhận")
    assert read_deliver(make_deliver("191", "OK")[0]) == ("191", "OK")
    # The example of a DELIVER in 7-bit that every introduction to PDU mode shows.
    known = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
    assert read_deliver(known) == ("+31641600986", "How are you?")


@given(st.binary(max_size=60))
def test_rubbish_is_no_message(data: bytes) -> None:
    try:
        sender, text = read_deliver(data.hex())
    except BadPdu:
        return
    assert isinstance(sender, str) and isinstance(text, str)

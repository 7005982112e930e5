"""Phone numbers as people type them and as networks show them."""

import pytest

from gateway.people.phones import international


@pytest.mark.parametrize("number", ["0912 345 678", "+84912345678", "84912345678", "(+84) 912-345-678"])
def test_a_number_has_one_form(number: str) -> None:
    assert international(number) == "+84912345678"


def test_no_digit_is_no_number() -> None:
    assert international(" - ") == ""

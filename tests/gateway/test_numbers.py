"""Numbers as people type them."""

import pytest

from gateway.numbers import number_typed


@pytest.mark.parametrize(
    ("text", "language", "value"),
    [
        ("1.200", "vi", 1200),
        ("1,200", "en", 1200),
        ("1,5", "vi", 1.5),
        ("1.5", "vi", 1.5),
        ("0", "vi", None),
        ("x", "vi", None),
    ],
)
def test_numbers_are_read_as_people_type_them(text: str, language: str, value: float | None) -> None:
    assert number_typed(text, language) == value

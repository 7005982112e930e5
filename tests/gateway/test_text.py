"""Every word in both languages."""

import re
import tomllib
from importlib import resources
from typing import Any

import pytest

from gateway.control.observation import DoState
from gateway.text import LANGUAGES, text


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def catalogue(language: str) -> dict[str, str]:
    return flat(tomllib.loads(resources.files("gateway.text").joinpath(f"{language}.toml").read_text("utf-8")))


def test_both_languages_have_the_same_keys_and_values() -> None:
    vi, en = (catalogue(language) for language in LANGUAGES)
    assert vi.keys() == en.keys()
    for key, words in vi.items():
        assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", en[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_event_of_the_code_has_words(language: str) -> None:
    root = resources.files("gateway")
    known = catalogue(language)
    control = "".join(root.joinpath(f"control/{name}.py").read_text() for name in ("guard", "ladder", "farm_control"))
    for code in set(re.findall(r'Reason\("(\w+)"', control)):
        assert f"reason.{code}" in known
    for state in DoState:
        if state is not DoState.GOOD:
            assert f"reason.guard_{state}" in known
            assert f"do_state.{state}" in known
    sources = control + "".join(
        root.joinpath(name).read_text() for name in ("process.py", "bus/node.py", "uplink/uplink.py")
    )
    for kind in set(re.findall(r'(?:event|_on_event)\(\s*"(\w+)"', sources)):
        assert f"event.{kind}" in known, kind


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert text("vi").number(3.75, 1) == "3,8"
    assert text("en").number(3.75, 1) == "3.8"
    assert text("vi").number(None) == "–"
    assert text("xx").language == "vi"
    assert text("vi")("reason.all_on", do=3.84, limit=3.9) == "oxy 3,8 dưới 3,9: bật hết"

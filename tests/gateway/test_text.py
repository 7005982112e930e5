"""Every word in both languages."""

import ast
import re
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import pytest

from gateway.control.observation import DoState
from gateway.control.probe import OF_RECORD, TASKS
from gateway.control.signature import Fault
from gateway.text import LANGUAGES, catalogue, text


def flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def messages(language: str) -> dict[str, str]:
    return flat(catalogue(language))


def test_both_languages_have_the_same_keys_and_values() -> None:
    vi, en = (messages(language) for language in LANGUAGES)
    assert vi.keys() == en.keys()
    for key, words in vi.items():
        assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", en[key])), key


def sources() -> list[str]:
    root = resources.files("gateway")
    folders = ["", *(folder.name for folder in root.iterdir() if folder.is_dir() and folder.name != "web")]
    return [
        file.read_text("utf-8") for folder in folders for file in root.joinpath(folder).iterdir() if is_python(file)
    ]


def is_python(file: Traversable) -> bool:
    return file.name.endswith(".py")


def words_given_to(*functions: str) -> set[str]:
    """Every plain word that the code gives to one of these as its first argument, also by choice of two."""
    found: set[str] = set()
    for tree in map(ast.parse, sources()):
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and call.args:
                name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
                if name in functions:
                    found |= set(plain(call.args[0]))
    return found


def plain(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from plain(value.body)
        yield from plain(value.orelse)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_event_and_state_of_the_code_has_words(language: str) -> None:
    known = messages(language)
    reasons, events = words_given_to("Reason"), words_given_to("event", "_event", "_on_event", "_say")
    assert {"plan_run", "plan_rest", "override_off", "feeder_limit"} <= reasons
    assert {"do_low", "device_silent", "cloud_refused"} <= events
    assert {f"reason.{code}" for code in reasons} - known.keys() == set()
    assert {f"event.{kind}" for kind in events} - known.keys() == set()
    for state in DoState:
        if state is not DoState.GOOD:
            assert f"reason.guard_{state}" in known
            assert f"do_state.{state}" in known
    for fault in Fault:
        assert f"probe.{fault}" in known
    for fault in OF_RECORD:
        assert f"event.probe_{fault}" in known
    for word, task in TASKS.items():
        assert {f"probe.{word}", f"task.{task}", f"how.{task}"} <= known.keys()


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert text("vi").number(3.75, 1) == "3,8"
    assert text("en").number(3.75, 1) == "3.8"
    assert text("vi").number(None) == "–"
    assert text("vi").number(1234.5, 1) == "1.234,5"
    assert text("en").number(-1234.5, 1) == "−1,234.5"
    assert text("vi")("reason.feeder_limit", limit=22.0).startswith("đường điện tải được 22 kW")
    assert text("xx").language == "vi"
    assert text("vi")("reason.all_on", do=3.84, limit=3.9) == "oxy 3,8 dưới 3,9: bật hết"

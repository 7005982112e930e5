"""An alarm in words: for the page, for messages, for speech."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.text import Text, text


@dataclass(frozen=True)
class Words:
    """`title` has the pond's name and no number; `do` what to do, `otherwise` what happens if nobody does."""

    title: str
    text: str
    do: str
    otherwise: str


def words(kind: str, pond: str | None, values: Mapping[str, Any], catalogue: Text) -> Words:
    """An alarm of this kind at the pond of this name."""
    shown = worded(values, catalogue)
    title = catalogue(f"alarm.{kind}.title", **shown)
    return Words(
        title=f"{pond}: {title}" if pond else title,
        text=catalogue(f"alarm.{kind}.text", **shown),
        do=catalogue(f"alarm.{kind}.do", **shown),
        otherwise=catalogue(f"alarm.{kind}.otherwise", **shown),
    )


def message(kind: str, pond: str | None, values: Mapping[str, Any], language: str) -> tuple[str, str]:
    """Title and text of a message: what is, and what to do."""
    said = words(kind, pond, values, text(language))
    return said.title, f"{said.text} {said.do}".strip()


def event_words(detail: Mapping[str, Any], catalogue: Text) -> dict[str, Any]:
    """An event of an alarm: its title, and how a message went."""
    shown = worded(detail, catalogue)
    if kind := detail.get("alarm"):
        shown["title"] = catalogue(f"alarm.{kind}.title", **shown)
    for name in ("channel", "outcome"):
        if name in detail:
            shown[name] = catalogue(f"alarm_{name}.{detail[name]}")
    return shown


def worded(values: Mapping[str, Any], catalogue: Text) -> dict[str, Any]:
    """The values, a probe's fault in words, numbers under one to two digits."""
    return {name: _worded(name, value, catalogue) for name, value in values.items()}


def _worded(name: str, value: Any, catalogue: Text) -> Any:
    if name == "fault":
        return catalogue(f"probe.{value}")
    return catalogue.number(value, 2) if isinstance(value, float) and 0 < value < 1 else value

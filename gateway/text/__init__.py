"""Text that people see: Vietnamese first, English second, from catalogues: a folder a language, a file a room."""

import math
import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("vi", "en")
DEFAULT = "vi"

WHOLE = frozenset(("minutes", "seconds", "machine", "machines", "rows", "n", "days", "percent", "unit"))
HOUR_STEP_MINUTES = 5
VND_STEP = 1000


class _Values(dict[str, str]):
    """A message from an older version may lack a value; it is shown as a dash."""

    def __missing__(self, _: str) -> str:
        return "–"


class Text:
    """The words of one language: `text("level.ok")`, with numbers in the language's own notation."""

    def __init__(self, language: str, catalogue: dict[str, Any]) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, key: str, **values: Any) -> str:
        """The message of a key with its values put in; the key itself where the catalogue has none."""
        found: Any = self._catalogue
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if not isinstance(found, str):
            return key
        return found.format_map(_Values({name: self._shown(name, value) for name, value in values.items()}))

    def has(self, key: str) -> bool:
        """True when the catalogue knows the key."""
        return self(key) != key or "{" in key

    def number(self, value: float | None, digits: int = 1) -> str:
        """A number with the language's marks; a dash for none."""
        if value is None:
            return "–"
        shown = f"{value:,.{digits}f}".replace("-", "−")
        return shown.translate(_SWAPPED) if self.language == "vi" else shown

    def hour(self, value: float) -> str:
        """An hour of the day as 04:10, to five minutes: no forecast knows the minute."""
        minutes = round(value * 60 / HOUR_STEP_MINUTES) * HOUR_STEP_MINUTES % (24 * 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"

    def duration(self, minutes: float) -> str:
        """How long in words, never more than it is: minutes, from 20 on in fives, from two hours on with hours."""
        if minutes < 1:
            return f"< 1 {self('unit.minute')}"
        whole = int(minutes) if minutes < 20 else int(minutes / 5) * 5
        if whole < 120:
            return f"{whole} {self('unit.minute')}"
        rest = f" {whole % 60} {self('unit.minute')}" if whole % 60 else ""
        return f"{whole // 60} {self('unit.hour')}{rest}"

    def _shown(self, name: str, value: Any) -> str:
        """A value in the notation that its name asks for."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        if not math.isfinite(value):
            return "–"
        if name == "hour":
            return self.hour(value)
        if name == "vnd":
            return self.number(round(value / VND_STEP) * VND_STEP, 0)
        if name == "limit":
            return self.number(value, 1 if value % 1 else 0)
        return self.number(value, 0 if name in WHOLE else 1)


_SWAPPED = str.maketrans(",.", ".,")


@cache
def text(language: str) -> Text:
    """The catalogue of a language; the default one for any other."""
    chosen = language if language in LANGUAGES else DEFAULT
    return Text(chosen, catalogue(chosen))


def catalogue(language: str) -> dict[str, Any]:
    """All messages of a language; ValueError when two files of it have the same table."""
    found: dict[str, Any] = {}
    for file in sorted(resources.files("gateway.text").joinpath(language).iterdir(), key=lambda file: file.name):
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        if twice := found.keys() & tables.keys():
            raise ValueError(f"{language}/{file.name}: {sorted(twice)} is in another file too")
        found |= tables
    return found

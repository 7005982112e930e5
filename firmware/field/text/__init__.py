"""Text that the technician sees: Vietnamese first, English second, one catalogue file per command."""

import os
import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("vi", "en")
DEFAULT = "vi"


class _Values(dict[str, str]):
    """A value that is missing is shown as a dash: an error message must never fail itself."""

    def __missing__(self, _: str) -> str:
        return "–"


class Text:
    """The words of one language: `text("flash.done")`, with numbers in the language's own notation."""

    def __init__(self, language: str, catalogue: dict[str, Any]) -> None:
        self.language = language
        self._catalogue = catalogue

    def __call__(self, key: str, **values: Any) -> str:
        """The message of a key with its values put in; the key itself where the catalogue has none."""
        found = self.find(key)
        shown = _Values({name: self._shown(value) for name, value in values.items()})
        return key if found is None else found.format_map(shown)

    def number(self, value: float) -> str:
        """A number with three decimals at most, in the language's own notation."""
        return self._shown(round(float(value), 3))

    def find(self, key: str) -> str | None:
        """The bare message of a key, or None."""
        found: Any = self._catalogue
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None

    def keys(self) -> set[str]:
        """Every key of the catalogue."""
        return set(_keys(self._catalogue, ""))

    def _shown(self, value: Any) -> str:
        return (
            f"{value:g}".replace(".", "," if self.language == "vi" else ".") if isinstance(value, float) else str(value)
        )


def _keys(table: dict[str, Any], before: str) -> list[str]:
    found = []
    for name, value in table.items():
        found += _keys(value, f"{before}{name}.") if isinstance(value, dict) else [before + name]
    return found


def _merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _merge(into.setdefault(name, {}), value)
        else:
            into[name] = value


@cache
def text(language: str) -> Text:
    """The catalogue of a language; the default one for any other."""
    chosen = language if language in LANGUAGES else DEFAULT
    catalogue: dict[str, Any] = {}
    folder = resources.files("firmware.field.text").joinpath(chosen)
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            _merge(catalogue, tomllib.loads(file.read_text(encoding="utf-8")))
    return Text(chosen, catalogue)


def wanted_language(arguments: list[str]) -> str:
    """What `--lang` asks for, else LANG, else Vietnamese; known before the options are read, for --help needs it."""
    for place, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
        if argument == "--lang" and place + 1 < len(arguments):
            return arguments[place + 1]
    return "en" if os.environ.get("LANG", "").startswith("en") else DEFAULT


_spoken = DEFAULT


def speak(language: str) -> None:
    """Choose the language of this process."""
    global _spoken
    _spoken = language if language in LANGUAGES else DEFAULT


def words(key: str, **values: Any) -> str:
    """A message in the language of this process, for the help of commands and options."""
    return text(_spoken)(key, **values)


def spoken() -> Text:
    """The catalogue of this process's language."""
    return text(_spoken)

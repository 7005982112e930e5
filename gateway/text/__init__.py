"""Text that people see: Vietnamese first, English second, from catalogues."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("vi", "en")
DEFAULT = "vi"


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
        """A number with the language's decimal mark; a dash for none."""
        if value is None:
            return "–"
        shown = f"{value:.{digits}f}".replace("-", "−")
        return shown.replace(".", ",") if self.language == "vi" else shown

    def _shown(self, name: str, value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return str(value)
        return self.number(value, 0 if name in ("minutes", "seconds", "machine", "rows", "n") else 1)


@cache
def text(language: str) -> Text:
    """The catalogue of a language; the default one for any other."""
    chosen = language if language in LANGUAGES else DEFAULT
    source = resources.files("gateway.text").joinpath(f"{chosen}.toml").read_text(encoding="utf-8")
    return Text(chosen, tomllib.loads(source))

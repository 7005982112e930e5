"""What is wrong with a TOML file, in words a person can act on: file, line, field, problem, what was found."""

import re
from pathlib import Path
from typing import Any

Place = tuple[str | int, ...]


def explain(path: Path | str, text: str, problem: Any) -> str:
    """One problem of pydantic's ValidationError.errors()."""
    place = problem["loc"]
    field = ".".join(str(part + 1) if isinstance(part, int) else part for part in place) or "farm"
    found = "" if problem["type"] in ("missing", "value_error") else f" Found {problem['input']!r}."
    return f"{path}, line {line_of(text, place)}, {field}: {problem['msg']}.{found}"


def line_of(text: str, place: Place) -> int:
    """The line of a field: its table, counted among those of its name, then its key; the nearest that exists."""
    lines = text.splitlines()
    names = [part for part in place if isinstance(part, str)]
    number = next((part for part in place if isinstance(part, int)), 0)
    if len(place) > 1 and names:
        header = re.compile(rf"^\s*\[\[?{re.escape(names[0])}\]\]?\s*(#.*)?$")
        starts = [at for at, line in enumerate(lines) if header.match(line)]
        start = starts[number] if number < len(starts) else 0
    else:
        start = 0
    if names:
        key = re.compile(rf"^\s*{re.escape(names[-1])}\s*=")
        for at in range(start, len(lines)):
            if key.match(lines[at]):
                return at + 1
            if at > start and lines[at].lstrip().startswith("[") and len(place) > 1:
                break
    return start + 1

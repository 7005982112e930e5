"""Units and successions out of CSV files: those that come with this package, or newer ones."""

import csv
from collections.abc import Iterator
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cloud.areas.models import Succession, Unit
from gateway.people.names import slug

KINDS = ("province", "commune", "ward", "special_zone", "district")


class AreasError(ValueError):
    """A file that cannot be taken; the text says which line and why."""


def packaged() -> Traversable:
    """The folder of the files that come with this package."""
    return resources.files("cloud.areas").joinpath("data")


def read_units(folder: Traversable | Path) -> list[dict[str, Any]]:
    """The rows of units.csv; raises AreasError."""
    rows = []
    for place, row in _rows(folder, "units.csv"):
        try:
            if row["kind"] not in KINDS or not row["code"].isdigit():
                raise ValueError("code is digits, kind one of " + ", ".join(KINDS))
            rows.append(
                {
                    "code": row["code"],
                    "valid_from": date.fromisoformat(row["valid_from"]),
                    "valid_until": date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
                    "name": row["name"],
                    "kind": row["kind"],
                    "parent": row["parent"] or None,
                    "plain": slug(row["name"], "unit"),
                }
            )
        except (KeyError, TypeError, ValueError) as error:
            raise AreasError(f"{place}: {error}") from error
    return rows


def read_successions(folder: Traversable | Path) -> list[dict[str, Any]]:
    """The rows of successions.csv; raises AreasError."""
    rows = []
    for place, row in _rows(folder, "successions.csv"):
        try:
            days = {key: date.fromisoformat(row[key]) for key in ("old_valid_from", "new_valid_from")}
            rows.append({"old_code": row["old_code"], "new_code": row["new_code"], **days})
        except (KeyError, TypeError, ValueError) as error:
            raise AreasError(f"{place}: {error}") from error
    return rows


def load(session: Session, folder: Traversable | Path) -> int:
    """Put a folder's units and successions in, over those of the same code and day; returns how many units."""
    units, successions = read_units(folder), read_successions(folder)
    for unit in units:
        session.merge(Unit(**unit))
    for succession in successions:
        session.merge(Succession(**succession))
    return len(units)


def _rows(folder: Traversable | Path, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        lines = folder.joinpath(name).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AreasError(f"{name} cannot be read: {error}") from error
    for number, row in enumerate(csv.DictReader(lines), start=2):
        yield f"{name}, line {number}", row

"""The fields of the settings' page: what they hold, what somebody typed, and what differs, in plain words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.farm import COMFORT_MG_L, Farm
from gateway.numbers import number_typed
from gateway.settings_file import Document, table_of
from gateway.tariff import names as tariff_names
from gateway.text import Text

Values = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One setting; `kind` is "number", "whole", "choice", "yes", "hour" or "text"."""

    name: str
    kind: str = "number"
    unit: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A field of one pond, or of a table of the farm; `key` names it in the form."""

    key: str
    field: Field
    pond: str = ""
    table: str = ""


@dataclass(frozen=True)
class Difference:
    """One line of what would change; `pond` is the farm's name where it concerns all ponds."""

    pond: str
    name: str
    before: str
    after: str


POND_FIELDS = (
    Field("name", "text"),
    Field("setpoint", unit="mg/L"),
    Field("alarm_low", unit="mg/L"),
    Field("guard_low", unit="mg/L"),
    Field("danger_low", unit="mg/L"),
    Field("mixing", "whole"),
    Field("comfort", "choice", choices=tuple(COMFORT_MG_L)),
    Field("dense", "yes"),
    Field("weak_grid", "yes"),
    Field("area_m2", unit="m²"),
    Field("depth_m", unit="m"),
)
FARM_FIELDS = (
    ("tariff", Field("tariff", "choice", choices=("", *tariff_names()))),
    ("quiet", Field("from", "hour")),
    ("quiet", Field("to", "hour")),
    ("alarms", Field("siren", "yes")),
    ("alarms", Field("minutes_to_danger", "whole", "min")),
    ("alarms", Field("repeat_s", "whole", "s")),
)
FARM_PLACES = tuple(Place(f"farm:{field.name}", field, table=table) for table, field in FARM_FIELDS)
YES = {"yes": True, "no": False}
ATTRIBUTES = {"tariff": "name", "from": "from_hour", "to": "to_hour"}


class NotUnderstood(ValueError):
    """What was typed is no value; the text is the field's name in words."""


def places(farm: Farm) -> Iterator[Place]:
    """Every field of the form."""
    for pond in farm.pond:
        for field in POND_FIELDS:
            yield Place(f"{pond.id}.{field.name}", field, pond=pond.id)
    yield from FARM_PLACES


def held(farm: Farm, place: Place) -> Any:
    """What a farm has there; None where nothing is said."""
    if place.pond:
        return getattr(next(pond for pond in farm.pond if pond.id == place.pond), place.field.name)
    table = getattr(farm, place.table)
    value = None if table is None else getattr(table, ATTRIBUTES.get(place.field.name, place.field.name))
    return hour_written(value) if place.field.kind == "hour" and value is not None else value


def hour_written(hour: float) -> str:
    """As farm.toml writes a time of day."""
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def typed_values(typed: dict[str, str], farm: Farm, words: Text) -> Values:
    """The values of a form by their place's key, empty fields left out; raises NotUnderstood."""
    values: Values = {}
    for place in places(farm):
        text = typed.get(place.key, "").strip()
        if place.field.kind == "yes" and text in YES:
            values[place.key] = YES[text]
        elif text and place.field.kind in ("number", "whole"):
            number = 0.0 if text == "0" else number_typed(text, words.language)
            if number is None or (place.field.kind == "whole" and not number.is_integer()):
                raise NotUnderstood(f"{_of(farm, place)}, {words(f'setting.{place.field.name}')}")
            values[place.key] = int(number) if place.field.kind == "whole" else number
        elif text:
            values[place.key] = text
    return values


def put(document: Document, values: Values, farm: Farm) -> None:
    """Write what differs from the farm into its farm.toml."""
    for place in places(farm):
        value = values.get(place.key)
        if value is None or value == held(farm, place):
            continue
        if place.pond:
            table_of(document, "pond", place.pond)[place.field.name] = value
        elif place.table == "tariff":
            document["tariff"] = {"name": value}
        elif place.table in document:
            document[place.table][place.field.name] = value
        else:
            document[place.table] = {place.field.name: value}


def differences(before: Farm, after: Farm, words: Text) -> list[Difference]:
    """What one farm has other than the other."""
    found = []
    for place in places(after):
        old, new = held(before, place), held(after, place)
        if old != new:
            shown = (in_words(value, place.field, words) for value in (old, new))
            found.append(Difference(_of(before, place), words(f"setting.{place.field.name}"), *shown))
    return found


def in_words(value: Any, field: Field, words: Text) -> str:
    """A value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return words("setting.yes" if value else "setting.no")
    if field.kind == "choice":
        return words(f"setting.choice.{value}") if words.has(f"setting.choice.{value}") else str(value)
    if isinstance(value, int | float):
        return f"{words.number(value, 0 if float(value).is_integer() else 1)} {field.unit}".strip()
    return str(value)


def as_typed(value: Any, words: Text) -> str:
    """A value as it stands in its field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return words.number(value, 0 if float(value).is_integer() else 2)
    return str(value)


def named_in_words(problem: str, words: Text) -> str:
    """What farm.toml's reader said, with fields called as the page calls them."""
    names = {place.field.name for place in FARM_PLACES} | {field.name for field in POND_FIELDS}
    pattern = re.compile(rf"\b({'|'.join(sorted(name for name in names if '_' in name or name == 'setpoint'))})\b")
    plain = pattern.sub(lambda found: words(f"setting.{found[1]}"), problem)
    return plain.replace(" must hold", "").replace(" <= ", " ≤ ")


def _of(farm: Farm, place: Place) -> str:
    return next((pond.name for pond in farm.pond if pond.id == place.pond), farm.name)

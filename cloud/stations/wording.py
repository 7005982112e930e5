"""Stations in words: names of parameters, ages, months, what passed which limit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cloud.stations.models import StationFlag
from cloud.stations.national_file import MEASURING, VIETNAM
from cloud.stations.state import Value
from gateway.text import Text

IMPORTANT = ("PM2,5", "PM10", "O3", "NO2", "SO2", "CO", "DO", "Temp", "pH", "Sal", "NH4", "NH3", "H2S", "TSS", "Level")
FINE = {"pH": 2, "NH3": 2, "NH4": 2, "H2S": 3, "Level": 2}


def name_of(symbol: str, words: Text) -> str:
    """A parameter's name, its symbol where the catalogue has none. A symbol with a comma has none in its key."""
    key = "symbol." + symbol.replace(",", "").replace(".", "")
    found = words(key)
    return symbol if found == key else found


def digits_of(symbol: str, value: float | None) -> int:
    """How many decimals a parameter is shown with: fewer for large numbers."""
    if symbol in FINE:
        return FINE[symbol]
    return 0 if value is not None and abs(value) >= 100 else 1


def unit_of(unit: str) -> str:
    """A unit as people read it."""
    plain = unit.strip()
    if plain.lower() in ("oc", "degc", "ºc", "c"):
        return "°C"
    return "" if plain.lower() in ("-", "ph") else plain.replace("m3", "m³").replace("ug/", "µg/")


def important_first(values: Sequence[Value]) -> list[Value]:
    """What is beyond its limit, then what people ask for first."""

    def place(value: Value) -> tuple[bool, int, str]:
        known = IMPORTANT.index(value.symbol) if value.symbol in IMPORTANT else len(IMPORTANT)
        return value.level != "watch", known, value.symbol

    return sorted(values, key=place)


def shown_values(values: Sequence[Value], words: Text) -> list[dict[str, Any]]:
    """Values as a page lists them."""
    return [
        {
            "symbol": value.symbol,
            "name": name_of(value.symbol, words),
            "number": words.number(value.value, digits_of(value.symbol, value.value)),
            "unit": unit_of(value.unit),
            "level": value.level,
            "note": _note(value, words),
        }
        for value in important_first(values)
    ]


def _note(value: Value, words: Text) -> str:
    """Why a value is not to be believed, or which limit it passed; empty for a good one."""
    if value.status != MEASURING:
        return words(f"stations.status_{value.status}")
    if not value.fresh:
        return words("stations.old")
    return limit_words(value.flag, words) if value.flag else ""


def limit_words(flag: StationFlag, words: Text) -> str:
    """Which limit is passed."""
    mean = words("stations.mean", n=flag.over_h) if flag.over_h else ""
    limit = words.number(flag.limit, 0 if flag.limit >= 100 else 3 if flag.limit < 0.1 else 1)
    return f"{words(f'stations.{flag.bound}', bound=limit)} {mean}".strip()


def flag_words(flag: StationFlag, words: Text) -> dict[str, str]:
    """A flag as a row of a list."""
    return {
        "name": name_of(flag.symbol, words),
        "limit": limit_words(flag, words),
        "worst": words.number(flag.value, digits_of(flag.symbol, flag.value)),
        "since": clock(flag.opened_at),
        "until": clock(flag.closed_at) if flag.closed_at is not None else words("stations.still"),
    }


def clock(at: float) -> str:
    """Day and hour in Vietnam."""
    return datetime.fromtimestamp(at, VIETNAM).strftime("%d/%m %H:%M")


def age(at: float | None, now_s: float, words: Text) -> str:
    """How long ago, in the largest unit that makes sense; empty for never."""
    if at is None:
        return ""
    age_s = max(0.0, now_s - at)
    steps = ((100, 1, "second"), (6000, 60, "minute"), (172_800, 3600, "hour"), (float("inf"), 86400, "day"))
    unit_s, name = next((unit_s, name) for below, unit_s, name in steps if age_s < below)
    unit = words("stations.day") if name == "day" else words(f"unit.{name}")
    return words("unit.age", age=f"{round(age_s / unit_s)} {unit}")


def months_until(now_s: float, count: int) -> list[str]:
    """This month and those before, newest first, as 2026-11."""
    today = datetime.fromtimestamp(now_s, VIETNAM)
    last = today.year * 12 + today.month - 1
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(last, last - count, -1)]

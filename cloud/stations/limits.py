"""Limits by dated presets: the TOML files of `presets/`, each naming where its figures come from."""

import tomllib
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cloud.stations.national_file import VIETNAM
from cloud.stations.symbols import same_unit


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Limit(_Part):
    """A parameter's limit: by single values, or by the mean of the last `over_h` hours."""

    symbol: str
    unit: str
    low: float | None = None
    high: float | None = None
    over_h: Annotated[int, Field(ge=0, le=24)] = 0
    valid_from: date | None = None
    valid_until: date | None = None

    def passed_by(self, value: float) -> tuple[str, float] | None:
        """The bound that a value lies beyond ("low" or "high") and the figure, None while it lies within."""
        if self.low is not None and value < self.low:
            return "low", self.low
        if self.high is not None and value > self.high:
            return "high", self.high
        return None


class Preset(_Part):
    """A set of limits; `kinds` are the stations that it is made for."""

    name: str
    valid_from: date
    valid_until: date | None = None
    kinds: list[str]
    limit: list[Limit]

    def limits_of(self, symbol: str, unit: str, at: float) -> list[Limit]:
        """What holds for a parameter in this unit at this time (Unix seconds); none for a unit that cannot be compared."""
        day = datetime.fromtimestamp(at, VIETNAM).date()
        return [
            limit
            for limit in self.limit
            if limit.symbol == symbol
            and same_unit(limit.unit, unit)
            and _holds(day, self.valid_from, self.valid_until)
            and _holds(day, limit.valid_from, limit.valid_until)
        ]


@cache
def presets() -> dict[str, Preset]:
    """All presets by the names of their files."""
    files = resources.files("cloud.stations").joinpath("presets").iterdir()
    return {
        file.name.removesuffix(".toml"): Preset.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".toml")
    }


def _holds(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)

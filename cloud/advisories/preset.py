"""Thresholds of the suggestions, from the newest dated file that is in force."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict, PositiveFloat, PositiveInt


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SalinityFront(_Table):
    """Stations whose daily mean rose by at least so much over so many days, and how salt the saltiest must be."""

    days: PositiveInt
    rise_permille: PositiveFloat
    stations: PositiveInt
    highest_at_least_permille: PositiveFloat


class DawnOxygen(_Table):
    """The commune's middle pond at dawn: days in a row of falling, how far it fell, and where it ended (mg/L)."""

    days: PositiveInt
    fall_mg_l: PositiveFloat
    ends_below_mg_l: PositiveFloat
    ponds: PositiveInt


class RainShock(_Table):
    """Rain within some hours, and how far water of at least so many ponds cooled within some hours after."""

    rain_mm: PositiveFloat
    rain_hours: PositiveInt
    fall_c: PositiveFloat
    after_hours: PositiveInt
    ponds: PositiveInt


class Preset(_Table):
    """One dated set."""

    valid_from: date
    salinity_front: SalinityFront
    dawn_oxygen: DawnOxygen
    rain_shock: RainShock


def preset(day: date) -> Preset:
    """The set in force on a day; the oldest one for days before it."""
    made = _all()
    return next((one for one in reversed(made) if one.valid_from <= day), made[0])


@cache
def _all() -> tuple[Preset, ...]:
    files = resources.files("cloud.advisories.presets").iterdir()
    texts = [file.read_text(encoding="utf-8") for file in files if file.name.endswith(".toml")]
    return tuple(sorted((Preset.model_validate(tomllib.loads(text)) for text in texts), key=lambda one: one.valid_from))

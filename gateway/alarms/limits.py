"""Limits of a pond's water besides oxygen: a dated preset, and what a pond says otherwise."""

import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import Field, model_validator

from gateway.parts import Part

Celsius = Annotated[float, Field(ge=0, le=45)]
Ph = Annotated[float, Field(ge=0, le=14)]
PhSwing = Annotated[float, Field(ge=0.1, le=5)]
Ammonia = Annotated[float, Field(ge=0.001, le=10)]
SalinityStep = Annotated[float, Field(ge=0.2, le=40)]


class WaterLimits(Part):
    """Where water is out of its range: degrees Celsius, pH, pH within a day, NH3 in mg/L, psu within six hours."""

    temperature_low_c: Celsius
    temperature_high_c: Celsius
    ph_low: Ph
    ph_high: Ph
    ph_swing: PhSwing
    ammonia_high_mg_l: Ammonia
    salinity_step_psu: SalinityStep

    @model_validator(mode="after")
    def _ranges(self) -> "WaterLimits":
        if not self.temperature_low_c < self.temperature_high_c or not self.ph_low < self.ph_high:
            raise ValueError("each low limit must be under its high one")
        return self


class PondLimits(Part):
    """What one pond has otherwise than the preset."""

    temperature_low_c: Celsius | None = None
    temperature_high_c: Celsius | None = None
    ph_low: Ph | None = None
    ph_high: Ph | None = None
    ph_swing: PhSwing | None = None
    ammonia_high_mg_l: Ammonia | None = None
    salinity_step_psu: SalinityStep | None = None

    def over(self, preset: WaterLimits) -> WaterLimits:
        """The preset with what this pond has otherwise; ValueError when the two do not fit together."""
        return WaterLimits.model_validate(preset.model_dump() | self.model_dump(exclude_none=True))


class Preset(Part):
    """Limits with their source: `dated` is the source's own day, `checked` when we looked."""

    title: str
    source: str
    dated: date
    checked: date
    in_force: date | None = None
    limits: WaterLimits


@cache
def preset(name: str) -> Preset:
    """The preset of this name."""
    text = resources.files("gateway.alarms").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")
    return Preset.model_validate(tomllib.loads(text))

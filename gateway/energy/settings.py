"""How the farm ran its aerators before: the timetable that a saving is reckoned against."""

import math
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, model_validator

from gateway.parts import HourOfDay, Key, Part

Machines = Annotated[int, Field(ge=0, le=8)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """So many machines from one hour of the day to another, past midnight as a rule, and so many in the rest of the day."""

    from_hour: float
    to_hour: float
    night: int
    day: int

    def machines(self, hour: float) -> int:
        """How many ran at this hour of the day."""
        if self.from_hour <= self.to_hour:
            night = self.from_hour <= hour < self.to_hour
        else:
            night = hour >= self.from_hour or hour < self.to_hour
        return self.night if night else self.day


class PondBaseline(Part):
    """What one pond's farmer switched on."""

    pond: Key
    night: Machines
    day: Machines


class BaselineSettings(Part):
    """The hours of the night, and the ponds whose numbers of machines are known.

    For every other pond: all machines by night, half of them by day, the habit that Boyd and McNevin (2021) found on
    shrimp farms, and the timer of `bench/oxygen`.
    """

    from_hour: HourOfDay = Field(default=18.0, alias="from")
    to_hour: HourOfDay = Field(default=6.0, alias="to")
    pond: list[PondBaseline] = []

    @model_validator(mode="after")
    def _once(self) -> "BaselineSettings":
        names = [one.pond for one in self.pond]
        if len(set(names)) != len(names):
            raise ValueError("a pond is named twice")
        return self

    def timetable(self, pond: str, machines: int) -> Timetable:
        """Of a pond with so many machines."""
        night, day = machines, math.ceil(machines / 2)
        for one in self.pond:
            if one.pond == pond:
                night, day = one.night, one.day
        return Timetable(from_hour=self.from_hour, to_hour=self.to_hour, night=night, day=day)

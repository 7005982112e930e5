"""What farm.toml says of alarms: limits, whom they wake in which order, the weekly proof test."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from gateway.alarms.kinds import ALWAYS_IN_SERVICE, KINDS
from gateway.alarms.limits import WaterLimits, preset
from gateway.parts import Key, Part

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Channel = Literal["push", "sms", "call", "url"]


def _week_minute(text: Any) -> int:
    found = re.fullmatch(r"(mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):([0-5]\d)", str(text))
    if found is None:
        raise ValueError('a time of the week is written as "sun 09:00"')
    return (DAYS.index(found[1]) * 24 + int(found[2])) * 60 + int(found[3])


WeekMinute = Annotated[int, BeforeValidator(_week_minute)]


class StepSettings(Part):
    """A rung of the ladder: so many seconds after the alarm, these people by these channels, from this priority on."""

    after_s: Annotated[int, Field(ge=0, le=7200)]
    channels: Annotated[list[Channel], Field(min_length=1)]
    persons: Annotated[list[Key], Field(min_length=1)]
    priority: Literal["critical", "high", "low"] = "critical"


class AlarmSettings(Part):
    """Times in seconds; without `step` the ladder follows from the roles of the people.

    `minutes_to_danger`: oxygen that will reach `danger_low` within this time is an alarm. `out_of_service` names kinds that
    shall not be told on this farm; those that may mean dead shrimp cannot be named. `battery_low_v` is the least voltage of
    a node that measures its battery.
    """

    preset: Literal["qcvn-02-19-2014", "vannamei"] = "qcvn-02-19-2014"
    minutes_to_danger: Annotated[int, Field(ge=5, le=180)] = 30
    calibration_days: Annotated[int, Field(ge=1, le=400)] = 30
    battery_low_v: Annotated[float, Field(ge=1, le=60)] | None = None
    siren: bool = True
    repeat_s: Annotated[int, Field(ge=120, le=7200)] = 600
    most_messages_per_hour: Annotated[int, Field(ge=2, le=200)] = 20
    step: list[StepSettings] = []
    out_of_service: list[str] = []
    proof_test: WeekMinute | None = None

    @property
    def limits(self) -> WaterLimits:
        """The preset's."""
        return preset(self.preset).limits

    @model_validator(mode="after")
    def _kinds_are_known(self) -> "AlarmSettings":
        for kind in self.out_of_service:
            if kind not in KINDS:
                raise ValueError(f"out_of_service: no alarm {kind!r}, there are {', '.join(sorted(KINDS))}")
            if kind in ALWAYS_IN_SERVICE:
                raise ValueError(f"out_of_service: {kind!r} may mean dead shrimp and is always told")
        if [step.after_s for step in self.step] != sorted(step.after_s for step in self.step):
            raise ValueError("after_s must not fall from one step to the next")
        return self

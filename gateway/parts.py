"""What all parts of farm.toml have in common; each room describes its own part in a `settings.py`."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=60)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
UnitId = Annotated[int, Field(ge=1, le=247)]


def _hour_of_day(text: Any) -> float:
    match = re.fullmatch(r"(\d\d):(\d\d)", text) if isinstance(text, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError('a time of day is written as "21:00"')
    return int(match[1]) + int(match[2]) / 60


HourOfDay = Annotated[float, BeforeValidator(_hour_of_day)]


class Part(BaseModel):
    """A table of farm.toml: unknown keys and loose types are refused, with their place."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

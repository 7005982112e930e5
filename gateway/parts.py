"""What all parts of farm.toml have in common; each room describes its own part in a `settings.py`."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1, max_length=60)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
UnitId = Annotated[int, Field(ge=1, le=247)]


class Part(BaseModel):
    """A table of farm.toml: unknown keys and loose types are refused, with their place."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

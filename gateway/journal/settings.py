"""How long the journal keeps what, and how large it may grow."""

from typing import Annotated

from pydantic import Field

from gateway.parts import Part


class StorageSettings(Part):
    """Samples as they came for `raw_days`, their minutes and hours for `minutes_days`, in at most `most_mb` megabytes.

    Events are kept for ever, and so are samples that the cloud has not confirmed, while there is room.
    """

    raw_days: Annotated[int, Field(ge=2, le=3650)] = 90
    minutes_days: Annotated[int, Field(ge=2, le=3650)] = 730
    most_mb: Annotated[int, Field(ge=50, le=1000000)] = 6000

"""The modem that sends SMS and calls."""

from typing import Annotated

from pydantic import Field

from gateway.parts import Part


class ModemSettings(Part):
    """A SIM7600; `port` is its AT port, `audio` its voice port, both better by /dev/serial/by-id (-if02 and -if04 or -if06).

    Without `audio` a call rings and nobody speaks. The PIN is tried only while the card still allows three tries.
    """

    port: Annotated[str, Field(min_length=1)]
    audio: Annotated[str, Field(min_length=1)] | None = None
    pin: Annotated[str, Field(pattern=r"^[0-9]{4,8}$")] | None = None

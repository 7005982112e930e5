"""How large a made-up province is, and what its farms are called."""

import math
from dataclasses import dataclass

PROVINCE = "91"
PONDS_A_FARM = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How large: ponds, days before now, minutes between samples."""

    ponds: int
    days: int
    minutes: int

    @property
    def farms(self) -> int:
        """How many farms hold the ponds."""
        return math.ceil(self.ponds / PONDS_A_FARM)


def farm_id(number: int) -> str:
    """The id of a farm, counted from 0."""
    return f"demo-{number}"

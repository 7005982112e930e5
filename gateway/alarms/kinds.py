"""The kinds of alarms: how grave each is, how long its condition must last and be gone, how long it may be shelved.

Delays follow EEMUA 191 where it fits (a minute for temperature); oxygen has none on the way in and five minutes on the way
out. Delays of what follows the water are in pond time.
"""

from dataclasses import dataclass
from typing import Literal

Priority = Literal["critical", "high", "low"]

RANK: dict[Priority, int] = {"critical": 0, "high": 1, "low": 2}
LONGEST_SHELF_MINUTES = 60.0
LONGEST_CRITICAL_SHELF_MINUTES = 15.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of alarm. `latches`: stays until a person has seen it, even when the condition is gone and was acknowledged.

    `again_after_s`: what somebody knows of and still holds after this long is told anew; None for never.
    """

    name: str
    priority: Priority
    on_delay_s: float = 0.0
    off_delay_s: float = 60.0
    of_water: bool = False
    latches: bool = False
    again_after_s: float | None = None

    @property
    def longest_shelf_minutes(self) -> float:
        """How long it may be put aside."""
        return LONGEST_CRITICAL_SHELF_MINUTES if self.priority == "critical" else LONGEST_SHELF_MINUTES


KNOWN_FOR_S = 1800.0  # a pond without air can be lost within half an hour, whoever has pressed a button half asleep

_ALL = (
    Kind("do_very_low", "critical", off_delay_s=300, of_water=True, again_after_s=KNOWN_FOR_S),
    Kind("do_low", "critical", off_delay_s=300, of_water=True, again_after_s=KNOWN_FOR_S),
    Kind("danger_soon", "critical", on_delay_s=60, off_delay_s=300, of_water=True, again_after_s=KNOWN_FOR_S),
    Kind("do_fault", "critical", on_delay_s=30, off_delay_s=30),
    Kind("mains_lost", "critical", on_delay_s=5, off_delay_s=30),
    Kind("line_dead", "critical", off_delay_s=10),
    Kind("node_silent", "critical", off_delay_s=10),
    Kind("duplicate_address", "critical", off_delay_s=10),
    Kind("panel_silent", "high", off_delay_s=10),
    Kind("device_silent", "high", on_delay_s=60, off_delay_s=10),
    Kind("aerator_not_running", "high"),
    Kind("aerator_not_stopping", "high"),
    Kind("phase_lost", "high", on_delay_s=5, off_delay_s=30),
    Kind("generator_running", "high", on_delay_s=10, off_delay_s=30),
    Kind("ammonia_high", "high", on_delay_s=600, off_delay_s=600, of_water=True),
    Kind("temperature_high", "high", on_delay_s=60, off_delay_s=600, of_water=True),
    Kind("temperature_low", "high", on_delay_s=60, off_delay_s=600, of_water=True),
    Kind("ph_high", "high", on_delay_s=60, off_delay_s=600, of_water=True),
    Kind("ph_low", "high", on_delay_s=60, off_delay_s=600, of_water=True),
    Kind("salinity_step", "high", on_delay_s=60, off_delay_s=600, of_water=True),
    Kind("power_limit", "high", on_delay_s=60, off_delay_s=300),
    Kind("storage_failing", "high", on_delay_s=5, latches=True),
    Kind("proof_test", "high", off_delay_s=0),
    Kind("ph_swing", "low", on_delay_s=60, off_delay_s=3600, of_water=True),
    Kind("probe_care", "low", on_delay_s=600, off_delay_s=600, of_water=True),
    Kind("do_calibrating", "low", off_delay_s=5),
    Kind("clock_unknown", "low", on_delay_s=60),
    Kind("cloud_silent", "low", on_delay_s=300),
    Kind("battery_low", "low", on_delay_s=60, off_delay_s=600),
    Kind("calibration_due", "low"),
    Kind("tariff_unknown", "low"),
)
KINDS = {kind.name: kind for kind in _ALL}
ALWAYS_IN_SERVICE = frozenset(kind.name for kind in _ALL if kind.priority == "critical")

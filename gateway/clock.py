"""The gateway's clocks: durations by the monotonic one, labels by the wall one, pond time for what follows the water."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

EARLIEST_BELIEVABLE = datetime(2026, 1, 1, tzinfo=UTC)


def boot_id() -> str:
    """The kernel's name of this boot; within one boot the monotonic clock never goes back."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "unknown-boot"


@dataclass(frozen=True)
class Clock:
    """`monotonic` and `wall` in seconds; `speed` is how much faster than the clock a simulated pond lives, 1 on a farm."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    speed: float = 1.0

    def pond_s(self) -> float:
        """Monotonic seconds of pond time: dwell, minimum off time and trends follow the water, not the wires."""
        return self.monotonic() * self.speed

    def wall_known(self) -> bool:
        """False when the wall clock stands where no clock that was ever set can stand."""
        return self.wall() >= EARLIEST_BELIEVABLE.timestamp()

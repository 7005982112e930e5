"""The gateway's clocks: durations by the monotonic one, labels by the wall one, pond time for what follows the water."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

EARLIEST_BELIEVABLE = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_DAY = datetime(2026, 7, 6)  # noqa: DTZ001 - a Monday, on which simulated ponds begin to live
SMALL_STEP_S = 120.0
BELIEVED_AFTER_S = 1800.0


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

    def local(self) -> datetime | None:
        """The wall clock in the zone of this computer; None where it is not known."""
        try:
            return datetime.fromtimestamp(self.wall()).astimezone().replace(tzinfo=None) if self.wall_known() else None
        except (OverflowError, OSError, ValueError):
            return None


class PondTime:
    """The local time at the ponds, without a zone: it labels hours of the day, for planning and prices.

    On a farm it follows the wall clock. It runs on by the monotonic clock while the wall clock is not known, and a step is
    believed only when it has lasted for half an hour. A simulated farm begins at an hour of its own (`begins_hour` at the
    monotonic second `begins_s`), and its time passes at the clock's speed.
    """

    def __init__(self, clock: Clock, begins_hour: float | None = None, begins_s: float = 0.0) -> None:
        self._clock = clock
        self._simulated = clock.speed != 1 or begins_hour is not None
        self._held = None if begins_hour is None else FIRST_DAY + timedelta(hours=begins_hour)
        self._held_s = begins_s
        self._off_s: float | None = None
        self._off_since_s = 0.0

    def now(self) -> datetime | None:
        """The time there; None as long as nothing tells it."""
        now_s = self._clock.monotonic()
        expected = self._held and self._held + timedelta(seconds=(now_s - self._held_s) * self._clock.speed)
        return expected if self._simulated else self._followed(now_s, expected)

    def _followed(self, now_s: float, expected: datetime | None) -> datetime | None:
        shown = self._clock.local()
        if shown is None:
            self._off_s = None
            return expected
        off_s = 0.0 if expected is None else (shown - expected).total_seconds()
        if abs(off_s) > SMALL_STEP_S and not self._has_lasted(off_s, now_s):
            return expected
        self._held, self._held_s, self._off_s = shown, now_s, None
        return shown

    def _has_lasted(self, off_s: float, now_s: float) -> bool:
        if self._off_s is None or abs(off_s - self._off_s) > SMALL_STEP_S:
            self._off_s, self._off_since_s = off_s, now_s
        return now_s - self._off_since_s >= BELIEVED_AFTER_S


def hour_of(time_there: datetime | None) -> float | None:
    """The hour of the day with its fraction."""
    if time_there is None:
        return None
    return time_there.hour + time_there.minute / 60 + time_there.second / 3600 + time_there.microsecond / 3.6e9

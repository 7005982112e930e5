"""The weekly proof test, and the one that a person asks for: siren for a moment, a message on every way. Pure."""

from datetime import datetime, timedelta

from gateway.alarms.conditions.condition import Condition, Key

SIREN_S = 5.0
ANSWER_WITHIN_S = 1800.0
LATE_MINUTES = 60
WEEK_MINUTES = 7 * 24 * 60

KEY = Key("proof_test")


class Proof:
    """`week_minute` is when it is due, minutes from Monday 00:00; `last` the day of the last one that was due."""

    def __init__(self, week_minute: int | None) -> None:
        self.last = ""
        self._week_minute = week_minute
        self._until_s = self._siren_until_s = float("-inf")

    def begin(self, now_s: float) -> None:
        """Ring everything."""
        self._until_s, self._siren_until_s = now_s + ANSWER_WITHIN_S, now_s + SIREN_S

    def due(self, local: datetime | None) -> bool:
        """True once when its time has come; one that fell into a standstill of more than an hour waits for the next week."""
        if self._week_minute is None or local is None:
            return False
        minute = (local.weekday() * 24 + local.hour) * 60 + local.minute
        late_minutes = (minute - self._week_minute) % WEEK_MINUTES
        day = (local - timedelta(minutes=late_minutes)).date().isoformat()
        if late_minutes >= LATE_MINUTES or self.last == day:
            return False
        self.last = day
        return True

    def conditions(self, now_s: float) -> tuple[Condition, ...]:
        """It lasts for half an hour; then it stays in the list until somebody has seen it."""
        return (Condition(key=KEY),) if now_s < self._until_s else ()

    def siren(self, now_s: float) -> bool:
        """The siren sounds for it."""
        return now_s < self._siren_until_s

"""Climbs the ladder for each alarm that rings: what is due becomes a sending, which stays until its delivery is reported.

The ladder is climbed again and again until somebody acknowledges. A flood limit thins out repetitions only: the first
message of an alarm to a person always goes, and so does every call of a critical one. Pure.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.alarms.engine import Alarm
from gateway.alarms.kinds import Priority
from gateway.alarms.rungs import Rung
from gateway.messages.message import Message
from gateway.people.settings import PersonSettings

HOUR_S = 3600.0
PAUSE_S = 120.0  # after the last rung, before the ladder begins anew

Wording = Callable[[Alarm, str], tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Due(Message):
    """A message that is due since `due_s`."""

    due_s: float

    def shown(self, now_s: float) -> dict[str, Any]:
        """As the messages process takes it."""
        row = dict(vars(self))
        row["age_s"] = round(now_s - row.pop("due_s"), 1)
        return row


@dataclass
class Climb:
    """How far one activation has got: `done` rungs since `began_s`, counted over all rounds."""

    began_s: float
    done: int = 0
    told: set[tuple[str, str]] = field(default_factory=set)


class Ladder:
    """`rungs` by priority, `proof` those of a test; `wording(alarm, language)` gives title and text."""

    def __init__(
        self,
        rungs: Mapping[Priority, Sequence[Rung]],
        proof: Sequence[Rung],
        people: Sequence[PersonSettings],
        *,
        repeat_s: float,
        most_per_hour: int,
        wording: Wording,
    ) -> None:
        self.sendings: dict[int, Due] = {}
        self.climbs: dict[int, Climb] = {}
        self.next_id = 1
        self._rungs = rungs
        self._proof = proof
        self._languages = {person.id: person.language for person in people}
        self._repeat_s = repeat_s
        self._most_per_hour = most_per_hour
        self._wording = wording
        self._sent_s: dict[str, deque[float]] = {person.id: deque() for person in people}

    def step(self, alarms: Sequence[Alarm], now_s: float) -> None:
        """Make what is due for those that ring, and drop what is due no longer."""
        ringing = {alarm.id: alarm for alarm in alarms if alarm.state.ringing}
        tests = {alarm.id for alarm in alarms if alarm.key.kind == "proof_test" and alarm.state.active}
        self.climbs = {id_: climb for id_, climb in self.climbs.items() if id_ in ringing}
        self.sendings = {id_: sent for id_, sent in self.sendings.items() if sent.alarm in ringing.keys() | tests}
        for alarm in ringing.values():
            self._climb(alarm, self.climbs.setdefault(alarm.id, Climb(now_s)), now_s)

    def report(self, sending_id: int) -> Due | None:
        """What became of it is known: it is due no longer."""
        return self.sendings.pop(sending_id, None)

    def resume(self, alarm: Alarm, done: int, now_s: float) -> None:
        """Go on, after a restart, where `done` rungs were climbed: the next one waits as long as it would have."""
        rungs = self._of(alarm)
        began_s = now_s - self._at(rungs, done - 1) if rungs and done else now_s
        told = {(rung.person, rung.channel) for rung in rungs[:done]}
        self.climbs[alarm.id] = Climb(began_s, done, told)

    def _climb(self, alarm: Alarm, climb: Climb, now_s: float) -> None:
        rungs = self._of(alarm)
        while rungs and now_s - climb.began_s >= self._at(rungs, climb.done):
            if alarm.key.kind == "proof_test" and climb.done >= len(rungs):
                return
            self._send(alarm, rungs[climb.done % len(rungs)], climb, now_s)
            climb.done += 1

    def _of(self, alarm: Alarm) -> Sequence[Rung]:
        return self._proof if alarm.key.kind == "proof_test" else self._rungs[alarm.state.kind.priority]

    def _at(self, rungs: Sequence[Rung], number: int) -> float:
        """Seconds after the alarm at which a rung is due, counted over all rounds."""
        round_, at = divmod(number, len(rungs))
        return round_ * max(self._repeat_s, rungs[-1].after_s + PAUSE_S) + rungs[at].after_s

    def _send(self, alarm: Alarm, rung: Rung, climb: Climb, now_s: float) -> None:
        way = rung.person, rung.channel
        wakes = rung.channel == "call" and alarm.state.kind.priority == "critical"
        if way in climb.told and (self._waits(alarm.id, way) or (not wakes and self._floods(rung.person, now_s))):
            return
        climb.told.add(way)
        if not wakes:
            self._sent_s[rung.person].append(now_s)
        language = self._languages[rung.person]
        title, text = self._wording(alarm, language)
        self.sendings[self.next_id] = Due(
            id=self.next_id,
            alarm=alarm.id,
            kind=alarm.key.kind,
            pond=alarm.key.pond,
            priority=alarm.state.kind.priority,
            channel=rung.channel,
            person=rung.person,
            language=language,
            title=title,
            text=text,
            due_s=now_s,
        )
        self.next_id += 1

    def _waits(self, alarm_id: int, way: tuple[str, str]) -> bool:
        """The same message is still under way."""
        return any(sent.alarm == alarm_id and (sent.person, sent.channel) == way for sent in self.sendings.values())

    def _floods(self, person: str, now_s: float) -> bool:
        sent_s = self._sent_s[person]
        while sent_s and now_s - sent_s[0] >= HOUR_S:
            sent_s.popleft()
        return len(sent_s) >= self._most_per_hour

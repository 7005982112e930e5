"""All alarms of a farm: each pass steps them by the facts; people acknowledge, shelve and take back. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from gateway.alarms.conditions import gateway, lines, oxygen, power
from gateway.alarms.conditions.condition import Condition, Key
from gateway.alarms.conditions.water import Water
from gateway.alarms.facts import Facts
from gateway.alarms.kinds import KINDS, RANK
from gateway.alarms.settings import AlarmSettings
from gateway.alarms.state import AlarmState, Change, Signal, State

SETTLING_S = 60.0  # after a start what is not seen is not yet gone: devices have to be heard first

OnEvent = Callable[..., object]


@dataclass
class Alarm:
    """One alarm as it stands; `id` is that of its newest activation, 0 before the first."""

    key: Key
    state: AlarmState
    id: int = 0
    raised_s: float = 0.0
    raised_wall_s: float = 0.0
    values: dict[str, Any] = field(default_factory=dict)
    acknowledged_by: str | None = None

    @property
    def rank(self) -> tuple[bool, int, float]:
        """What people are told of first, then the gravest, then the oldest."""
        return self.state.suppressed or self.state.out_of_service, RANK[self.state.kind.priority], self.raised_s


class Engine:
    """`on_event(kind, pond, **detail)` hears of every change; `next_id` numbers activations, `water` remembers its past."""

    def __init__(self, settings: AlarmSettings, speed: float, on_event: OnEvent) -> None:
        self.alarms: dict[Key, Alarm] = {}
        self.next_id = 1
        self._settings = settings
        self._speed = speed
        self._on_event = on_event
        self.water = Water()
        self._began_s: float | None = None
        self._now_s = self._wall_s = 0.0

    # -- one pass -----------------------------------------------------------------------------------------------------

    def step(self, facts: Facts, more: tuple[Condition, ...] = ()) -> None:
        """One pass over the conditions of these facts, and `more`."""
        self._now_s, self._wall_s = facts.now_s, facts.wall_s
        self._began_s = facts.now_s if self._began_s is None else self._began_s
        seen = set()
        for condition in chain(self._conditions(facts), more):
            seen.add(condition.key)
            if condition.signal is Signal.TRUE or condition.key in self.alarms:
                self._step(self.put(condition.key), condition, facts)
        settling = facts.now_s - self._began_s < SETTLING_S
        for key in self.alarms.keys() - seen:
            self._step(self.alarms[key], Condition(key=key, signal=Signal.HOLD if settling else Signal.GONE), facts)
        self._forget()

    def _conditions(self, facts: Facts) -> Iterator[Condition]:
        yield from lines.conditions(facts)
        yield from power.conditions(facts)
        yield from oxygen.conditions(facts, self._settings)
        yield from self.water.conditions(facts)
        yield from gateway.conditions(facts, self._settings)

    def _step(self, alarm: Alarm, condition: Condition, facts: Facts) -> None:
        if condition.values:
            alarm.values = dict(condition.values)
        for change in alarm.state.step(condition.signal, facts.now_s, suppressed=self._caused(condition)):
            if change is Change.RAISED:
                self._number(alarm)
                self._tell("alarm_raised", alarm, **alarm.values)
            elif change is Change.CLEARED:
                self._tell("alarm_cleared", alarm)
            else:
                self._tell("alarm_unshelved", alarm, who="")

    def _number(self, alarm: Alarm) -> None:
        alarm.id, self.next_id = self.next_id, self.next_id + 1
        alarm.raised_s, alarm.raised_wall_s, alarm.acknowledged_by = self._now_s, self._wall_s, None

    def _caused(self, condition: Condition) -> bool:
        """Its cause is an alarm of its own, which people are told of."""
        causes = (self.alarms.get(key) for key in condition.because)
        return any(cause is not None and cause.state.active and not cause.state.out_of_service for cause in causes)

    def put(self, key: Key) -> Alarm:
        """The alarm of this key, made when there is none."""
        if key not in self.alarms:
            out = key.kind in self._settings.out_of_service
            self.alarms[key] = Alarm(key, AlarmState(KINDS[key.kind], self._speed, out))
        return self.alarms[key]

    def _forget(self) -> None:
        """What is normal and not about to rise is no alarm."""
        for key, alarm in list(self.alarms.items()):
            if alarm.state.idle:
                del self.alarms[key]

    # -- people -------------------------------------------------------------------------------------------------------

    def acknowledge(self, alarm_id: int, who: str, by: str) -> str:
        """Somebody knows of it, and so of what it has caused; returns why not, empty when it is done."""
        alarm = self.find(alarm_id)
        if alarm is None:
            return "unknown_alarm"
        self._acknowledge(alarm, who, by)
        return ""

    def acknowledge_all(self, who: str, by: str) -> None:
        """Somebody knows of all that waits."""
        for alarm in list(self.alarms.values()):
            if alarm.state.waits_for_someone:
                self._acknowledge(alarm, who, by)

    def shelve(self, alarm_id: int, minutes: float, who: str) -> str:
        """Put one aside; returns why it is refused, empty when it is done."""
        alarm = self.find(alarm_id)
        if alarm is None:
            return "unknown_alarm"
        refused = alarm.state.shelve(minutes, self._now_s)
        if not refused:
            self._tell("alarm_shelved", alarm, who=who, minutes=minutes)
        return refused

    def unshelve(self, alarm_id: int, who: str) -> str:
        """Take one back; returns why it is refused, empty when it is done."""
        alarm = self.find(alarm_id)
        if alarm is None or not alarm.state.unshelve():
            return "unknown_alarm"
        self._tell("alarm_unshelved", alarm, who=who)
        return ""

    def find(self, alarm_id: int) -> Alarm | None:
        """The alarm with this activation."""
        return next((alarm for alarm in self.alarms.values() if alarm.id == alarm_id and alarm_id), None)

    def shown(self) -> list[Alarm]:
        """All that was told or would be, the gravest first."""
        shown = [alarm for alarm in self.alarms.values() if alarm.state.state is not State.NORMAL]
        return sorted(shown, key=lambda alarm: alarm.rank)

    def _acknowledge(self, alarm: Alarm, who: str, by: str) -> None:
        if alarm.state.acknowledge():
            alarm.acknowledged_by = who
            self._tell("alarm_acknowledged", alarm, who=who, by=by)
        lesser = self.alarms.get(Key("do_low", alarm.key.pond))
        if alarm.key.kind == "do_very_low" and lesser is not None and lesser.state.acknowledge_with_cause():
            self._number(lesser)
            lesser.acknowledged_by = who

    def _tell(self, event: str, alarm: Alarm, **detail: Any) -> None:
        about = {"alarm": alarm.key.kind, "id": alarm.id, "device": alarm.key.device or ""}
        self._on_event(event, alarm.key.pond, **(about | detail))

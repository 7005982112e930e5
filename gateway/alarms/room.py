"""The alarms of one farm within the control process: facts in, siren, list and sendings out, orders of people."""

from collections.abc import Callable
from typing import Any

from gateway.alarms.engine import Alarm, Engine, OnEvent
from gateway.alarms.facts import Facts
from gateway.alarms.kinds import RANK
from gateway.alarms.ladder import Ladder
from gateway.alarms.proof import KEY, Proof
from gateway.alarms.rungs import proof_rungs, rungs_for
from gateway.alarms.wording import message
from gateway.clock import Clock
from gateway.farm import Farm

Order = dict[str, Any]


class Alarms:
    """One for the farm. `step` is called in each pass; nothing here waits for anything.

    `changed` tells that what outlives a restart has changed since somebody set it to False, `failing` that steps fail.
    """

    def __init__(self, farm: Farm, clock: Clock, on_event: OnEvent) -> None:
        settings, people, modem = farm.alarms, farm.person, farm.modem is not None
        self.changed = self.failing = False
        self.engine = Engine(settings, clock.speed, self._event)
        self.ladder = Ladder(
            {priority: rungs_for(priority, settings, people, modem=modem) for priority in RANK},
            proof_rungs(people, modem=modem),
            people,
            repeat_s=settings.repeat_s,
            most_per_hour=settings.most_messages_per_hour,
            wording=self._wording,
        )
        self.proof = Proof(settings.proof_test)
        self.orders: dict[str, Callable[[Order], dict[str, Any]]] = {
            "acknowledge": self._acknowledge,
            "shelve": self._shelve,
            "unshelve": self._unshelve,
            "test_alarm": self._test,
            "sent": self._sent,
        }
        self._siren = settings.siren
        self._clock = clock
        self._on_event = on_event
        self._names = {pond.id: pond.name for pond in farm.pond}

    def step(self, facts: Facts) -> None:
        """One pass."""
        if self.proof.due(self._clock.local()):
            self._begin_test("")
        self.engine.step(facts, self.proof.conditions(facts.now_s))
        before = self._under_way()
        self.ladder.step(list(self.engine.alarms.values()), facts.now_s)
        self.changed = self.changed or before != self._under_way()

    @property
    def siren(self) -> bool:
        """The sirens shall sound now: something grave that nobody knows of, a test, or alarms that fail."""
        grave = any(alarm.state.ringing and _is_grave(alarm) for alarm in self.engine.alarms.values())
        return self._siren and (grave or self.failing or self.proof.siren(self._clock.monotonic()))

    def snapshot(self) -> dict[str, Any]:
        """The alarms as the page shows them, and what is to be sent."""
        now_s = self._clock.monotonic()
        return {
            "alarms": {
                "list": [_row(alarm, now_s) for alarm in self.engine.shown()],
                "siren": self.siren,
                "failing": self.failing,
            },
            "sendings": [sending.shown(now_s) for sending in self.ladder.sendings.values()],
        }

    # -- orders -------------------------------------------------------------------------------------------------------

    def _acknowledge(self, order: Order) -> dict[str, Any]:
        who, by = str(order["who"]), str(order["by"])
        if order["alarm"] == "all":
            self.engine.acknowledge_all(who, by)
            return {"refused": ""}
        return {"refused": self.engine.acknowledge(int(order["alarm"]), who, by)}

    def _shelve(self, order: Order) -> dict[str, Any]:
        return {"refused": self.engine.shelve(int(order["alarm"]), float(order["minutes"]), str(order["who"]))}

    def _unshelve(self, order: Order) -> dict[str, Any]:
        return {"refused": self.engine.unshelve(int(order["alarm"]), str(order["who"]))}

    def _test(self, order: Order) -> dict[str, Any]:
        self._begin_test(str(order["who"]))
        return {"refused": ""}

    def _sent(self, order: Order) -> dict[str, Any]:
        """What became of a sending; one that is due no longer is told of all the same."""
        outcome, detail = str(order["outcome"]), str(order.get("detail", ""))
        sending = self.ladder.report(int(order["id"]))
        if sending is None:
            return {}
        about = {"alarm": sending.kind, "id": sending.alarm, "channel": sending.channel, "person": sending.person}
        self._event("alarm_sent", sending.pond, **about, outcome=outcome, text=detail)
        if outcome == "acknowledged":
            self.engine.acknowledge(sending.alarm, sending.person, sending.channel)
        return {}

    def _event(self, kind: str, pond: str | None, **detail: Any) -> None:
        self.changed = True
        self._on_event(kind, pond, **detail)

    def _under_way(self) -> tuple[int, int]:
        return self.ladder.next_id, len(self.ladder.sendings)

    def _begin_test(self, who: str) -> None:
        """A new alarm, also where the one of the test before still stands."""
        self.engine.alarms.pop(KEY, None)
        self._event("alarm_test", None, who=who)
        self.proof.begin(self._clock.monotonic())

    def _wording(self, alarm: Alarm, language: str) -> tuple[str, str]:
        pond = alarm.key.pond
        return message(alarm.key.kind, self._names.get(pond or "", pond), alarm.values, language)


def _is_grave(alarm: Alarm) -> bool:
    return alarm.state.kind.priority == "critical"


def _row(alarm: Alarm, now_s: float) -> dict[str, Any]:
    shelved_until_s = alarm.state.shelved_until_s
    return {
        "id": alarm.id,
        "kind": alarm.key.kind,
        "pond": alarm.key.pond,
        "device": alarm.key.device,
        "priority": alarm.state.kind.priority,
        "state": str(alarm.state.state),
        "raised_wall_s": alarm.raised_wall_s,
        "age_s": round(now_s - alarm.raised_s, 1) if alarm.id else 0.0,
        "values": alarm.values,
        "acknowledged_by": alarm.acknowledged_by,
        "shelved_left_s": None if shelved_until_s is None else round(max(0.0, shelved_until_s - now_s), 1),
    }

"""The machine of one alarm, over every course of conditions and people that hypothesis thinks of."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alarms.kinds import KINDS, Kind
from gateway.alarms.state import AlarmState, Change, Signal, State

PLAIN = Kind("plain", "high", on_delay_s=10, off_delay_s=30)
LATCHING = Kind("latching", "high", off_delay_s=0, latches=True)
OXYGEN = KINDS["do_low"]


@dataclass
class Life:
    """An alarm, stepped each second."""

    alarm: AlarmState
    now_s: float = 0.0
    changes: list[Change] = field(default_factory=list)

    def step(self, signal: Signal, seconds: int = 1, *, suppressed: bool = False) -> list[Change]:
        """So many seconds; returns what changed in them."""
        found = []
        for _ in range(seconds):
            self.now_s += 1
            found += self.alarm.step(signal, self.now_s, suppressed=suppressed)
        self.changes += found
        return found


def life(kind: Kind, **more: bool) -> Life:
    return Life(AlarmState(kind, **more))


def test_it_rings_when_the_condition_has_lasted_and_once() -> None:
    alarm = life(PLAIN)
    assert alarm.step(Signal.TRUE, 10) == []
    assert alarm.step(Signal.TRUE, 600) == [Change.RAISED]
    assert alarm.alarm.state is State.UNACK


def test_a_short_spell_is_no_alarm() -> None:
    alarm = life(PLAIN)
    for _ in range(50):
        alarm.step(Signal.TRUE, 9)
        alarm.step(Signal.GONE, 1)
    assert alarm.changes == []


def test_within_the_deadband_and_while_nothing_is_known_it_stays_as_it_is() -> None:
    alarm = life(OXYGEN)
    alarm.step(Signal.TRUE)
    assert alarm.step(Signal.HOLD, 3600) == []
    assert alarm.alarm.ringing
    assert alarm.step(Signal.GONE, 299) == []
    assert alarm.step(Signal.GONE, 2) == [Change.CLEARED]
    assert life(OXYGEN).step(Signal.HOLD, 100) == []


def test_low_oxygen_that_somebody_knows_of_is_told_anew_after_half_an_hour() -> None:
    alarm = life(OXYGEN)
    alarm.step(Signal.TRUE)
    alarm.alarm.acknowledge()
    assert alarm.step(Signal.TRUE, 1799) == []
    assert alarm.step(Signal.TRUE, 2) == [Change.RAISED]
    alarm.alarm.acknowledge()
    assert alarm.step(Signal.TRUE, 1000) == []
    assert alarm.step(Signal.GONE, 400) == [Change.CLEARED]
    assert alarm.alarm.state is State.NORMAL


def test_what_can_wait_is_not_told_anew() -> None:
    alarm = life(PLAIN)
    alarm.step(Signal.TRUE, 20)
    alarm.alarm.acknowledge()
    assert alarm.step(Signal.TRUE, 3 * 3600) == []


def test_what_came_back_unseen_waits_for_someone_and_rings_no_more() -> None:
    alarm = life(OXYGEN)
    alarm.step(Signal.TRUE)
    alarm.step(Signal.GONE, 400)
    assert alarm.alarm.state is State.RTN_UNACK
    assert alarm.alarm.waits_for_someone
    assert not alarm.alarm.ringing
    assert alarm.alarm.acknowledge()
    assert alarm.alarm.state is State.NORMAL


def test_what_latches_waits_for_someone_even_when_it_was_acknowledged() -> None:
    alarm = life(LATCHING)
    alarm.step(Signal.TRUE, 2)
    alarm.alarm.acknowledge()
    alarm.step(Signal.GONE, 5)
    assert alarm.alarm.state is State.LATCHED
    assert alarm.step(Signal.TRUE) == [Change.RAISED]


def test_a_shelf_ends_by_itself_and_what_holds_rings_again() -> None:
    alarm = life(OXYGEN)
    alarm.step(Signal.TRUE)
    alarm.alarm.acknowledge()
    assert alarm.alarm.shelve(15, alarm.now_s) == ""
    assert alarm.step(Signal.TRUE, 899) == []
    assert alarm.alarm.state is State.SHELVED
    assert alarm.step(Signal.TRUE) == [Change.UNSHELVED]
    assert alarm.alarm.ringing


def test_nobody_shelves_oxygen_for_the_night() -> None:
    alarm = life(OXYGEN)
    alarm.step(Signal.TRUE)
    assert alarm.alarm.shelve(480, alarm.now_s) == "too_long"
    assert alarm.alarm.shelve(16, alarm.now_s) == "too_long"
    assert alarm.alarm.shelve(float("nan"), alarm.now_s) == "too_long"
    assert alarm.alarm.shelve(15, alarm.now_s) == ""
    assert alarm.alarm.shelve(15, alarm.now_s) == "already_shelved"


def test_a_consequence_is_told_when_its_cause_is_gone_and_it_is_not() -> None:
    alarm = life(PLAIN)
    assert alarm.step(Signal.TRUE, 100, suppressed=True) == []
    assert alarm.alarm.state is State.SUPPRESSED
    assert alarm.step(Signal.TRUE) == [Change.RAISED]
    assert life(PLAIN, out_of_service=True).step(Signal.TRUE, 100) == []


ACTIONS = st.sampled_from(["acknowledge", "shelve", "unshelve", "none"])
COURSE = st.lists(
    st.tuples(st.sampled_from([*Signal]), st.booleans(), ACTIONS, st.integers(1, 1500)), min_size=1, max_size=25
)
KIND = st.sampled_from([PLAIN, LATCHING, OXYGEN, KINDS["ph_high"]])


def lived(kind: Kind, course: list[tuple[Signal, bool, str, int]]) -> Life:
    """A life with steps of any length; at each step the person acts first."""
    alarm = life(kind)
    for signal, suppressed, action, seconds in course:
        if action == "acknowledge":
            alarm.alarm.acknowledge()
        elif action == "shelve":
            alarm.alarm.shelve(kind.longest_shelf_minutes, alarm.now_s)
        elif action == "unshelve":
            alarm.alarm.unshelve()
        alarm.now_s += seconds
        alarm.changes += alarm.alarm.step(signal, alarm.now_s, suppressed=suppressed)
    return alarm


@settings(max_examples=300, deadline=None)
@given(KIND, COURSE)
def test_a_condition_that_stays_true_is_never_lost(kind: Kind, course: list[tuple[Signal, bool, str, int]]) -> None:
    alarm = lived(kind, course)
    alarm.step(Signal.TRUE, 3601 + int(kind.on_delay_s))
    assert alarm.alarm.state in (State.UNACK, State.ACKED)
    assert alarm.changes.count(Change.RAISED) >= 1


@settings(max_examples=300, deadline=None)
@given(KIND, COURSE)
def test_one_activation_is_one_alarm(kind: Kind, course: list[tuple[Signal, bool, str, int]]) -> None:
    changes = [change for change in lived(kind, course).changes if change is not Change.UNSHELVED]
    repeated = [first for first, second in pairwise(changes) if first is second]
    assert Change.CLEARED not in repeated
    lasted_s = sum(seconds for *_, seconds in course)
    assert not repeated if kind.again_after_s is None else len(repeated) * kind.again_after_s <= lasted_s
    assert changes[:1] in ([], [Change.RAISED])


@settings(max_examples=200, deadline=None)
@given(KIND, COURSE)
def test_shelving_always_ends(kind: Kind, course: list[tuple[Signal, bool, str, int]]) -> None:
    alarm = lived(kind, course)
    alarm.now_s += kind.longest_shelf_minutes * 60
    alarm.step(Signal.HOLD)
    assert alarm.alarm.shelved_until_s is None


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_no_shelf_is_longer_than_an_hour_and_none_for_oxygen_longer_than_a_quarter(kind: Kind) -> None:
    assert kind.longest_shelf_minutes <= (15 if kind.name.startswith(("do_low", "do_very", "danger")) else 60)

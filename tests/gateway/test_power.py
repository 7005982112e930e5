"""Power of the farm: limits, turns, who goes first, who drops first."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.control.feeder import Feeder
from gateway.control.load import Ask
from gateway.control.motors import minimum_on_s, run_up_s, starts_per_hour
from gateway.control.observation import Machine
from gateway.control.power import Power
from hardware.registers import HOA_AUTO, HOA_HAND, HOA_OFF
from tests.gateway.yard import GOOD, LOST, LOW, Motor, Pond, Yard, pond


def codes(of: Pond) -> list[str | None]:
    return [None if reason is None else reason.code for reason in of.grant.reasons]


def want(of: Pond, count: int) -> None:
    of.wanted = [at < count for at in range(len(of.motors))]


def test_without_a_limit_all_is_granted_one_after_another() -> None:
    one, two = pond("a", on=False), pond("b", on=False)
    yard = Yard(Feeder(id="main"), [one, two])
    yard.live(100)
    want(one, 4)
    want(two, 4)
    yard.live(1)
    assert (one.running + two.running, codes(one)[1]) == (1, "stagger")
    yard.live(30)
    assert one.running == two.running == 4
    starts = sorted(start for each in (one, two) for motor in each.motors for start in motor.starts_s)
    assert all(second - first == run_up_s(1.5) for first, second in pairwise(starts))


@pytest.mark.parametrize(("power_kw", "at_once", "seconds"), [(1.5, 1, 12), (1.5, 2, 6), (5.5, 1, 20), (11, 1, 40)])
def test_large_motors_need_longer_turns(power_kw: float, at_once: int, seconds: int) -> None:
    one = pond("a", power_kw=power_kw, on=False)
    yard = Yard(Feeder(id="main", starts_at_once=at_once), [one])
    yard.live(100)
    want(one, 4)
    yard.live(seconds - int(run_up_s(power_kw)))
    assert one.running < 4
    yard.live(1)
    assert one.running == 4


def test_a_new_gateway_takes_what_runs_as_it_is() -> None:
    one = pond("a", on=True)
    yard = Yard(Feeder(id="main"), [one])
    yard.live(1)
    assert one.running == 4
    assert all(motor.starts_s == [] for motor in one.motors)


def test_the_pond_nearest_to_danger_starts_first_and_its_deficit_decides_between_equals() -> None:
    far, near, worse = (pond(name, 1, on=False) for name in "abc")
    near.minutes, worse.minutes = 20, 20
    near.deficit, worse.deficit = 0.1, 0.5
    yard = Yard(Feeder(id="main"), [far, near, worse])
    yard.live(100)
    for each in (far, near, worse):
        want(each, 1)
    yard.live(1)
    assert [each.running for each in (far, near, worse)] == [0, 0, 1]
    yard.live(3)
    assert [each.running for each in (far, near, worse)] == [0, 1, 1]
    yard.live(3)
    assert [each.running for each in (far, near, worse)] == [1, 1, 1]


def test_unknown_counts_as_nearest() -> None:
    known, unknown = pond("a", 2, on=False), pond("b", 2, on=False)
    known.minutes, unknown.minutes = 5, None
    yard = Yard(Feeder(id="main", limit_kw=3), [known, unknown])
    yard.live(100)
    want(known, 2)
    want(unknown, 2)
    yard.live(20)
    assert (known.running, unknown.running) == (1, 1)
    assert codes(known) == [None, "feeder_limit"]
    known.minutes = 500
    yard.live(700)
    assert (known.running, unknown.running) == (0, 2)


def test_the_least_harmful_machines_drop_first_and_come_back_once() -> None:
    safe, near = pond("a"), pond("b")
    near.minutes = 30
    yard = Yard(Feeder(id="main", generator_kw=7.5), [safe, near])
    yard.live(10)
    yard.mains, yard.generator = False, True
    yard.live(1)
    assert (safe.running, near.running) == (1, 4)
    assert codes(safe) == [None, *["generator_limit"] * 3]
    assert codes(near) == [None] * 4
    yard.live(600)
    assert (safe.running, near.running) == (1, 4)
    yard.mains, yard.generator = True, False
    yard.live(20)
    assert (safe.running, near.running) == (4, 4)
    assert [len(motor.starts_s) for motor in safe.motors] == [0, 1, 1, 1]


def test_an_alarm_takes_power_from_a_pond_without_at_once_and_leaves_each_near_pond_its_half() -> None:
    alarm, near, far = pond("a", on=False), pond("b"), pond("c")
    near.minutes, far.minutes = 40, 400
    yard = Yard(Feeder(id="main", limit_kw=9 * 1.5), [alarm, near, far])
    yard.live(100)
    alarm.oxygen = LOST
    yard.live(30)
    assert (alarm.running, near.running, far.running) == (4, 4, 1)
    lower = Yard(Feeder(id="main", limit_kw=6 * 1.5), [pond("a"), pond("b"), pond("c")])
    lower.ponds[0].oxygen = LOST
    lower.ponds[1].minutes = 40
    lower.live(1)
    assert [each.running for each in lower.ponds] == [4, 2, 0]


def test_ponds_in_alarm_share_before_one_has_all() -> None:
    blind, low = pond("a"), pond("b", on=False)
    blind.oxygen, blind.minutes = LOST, None
    yard = Yard(Feeder(id="main", limit_kw=4 * 1.5), [blind, low])
    yard.live(400)
    assert (blind.running, low.running) == (4, 0)
    low.oxygen, low.minutes = LOW, 10
    yard.live(100)
    assert (blind.running, low.running) == (2, 2)


def test_ponds_that_are_alike_do_not_swap() -> None:
    one, two = pond("a"), pond("b")
    yard = Yard(Feeder(id="main", limit_kw=6), [one, two])
    yard.live(1)
    before = [one.running, two.running]
    for at in range(3600):
        one.minutes, two.minutes = 200 + 20 * (at % 2), 200 + 20 * ((at + 1) % 2)
        yard.live(1)
    assert [one.running, two.running] == before
    assert all(motor.starts_s == [] for each in (one, two) for motor in each.motors)


def test_a_clear_difference_moves_one_machine_each_five_minutes() -> None:
    rich, poor = pond("a"), pond("b", on=False)
    rich.minutes = 100
    yard = Yard(Feeder(id="main", limit_kw=6), [rich, poor])
    yard.live(400)
    want(poor, 4)
    poor.minutes, rich.minutes = 100, 200
    yard.live(10)
    assert (rich.running, poor.running) == (3, 1)
    yard.live(200)
    assert (rich.running, poor.running) == (3, 1)
    yard.live(100)
    assert (rich.running, poor.running) == (2, 2)


def test_a_machine_in_hand_or_welded_counts_and_cannot_be_dropped() -> None:
    for fault in ("hand", "welded"):
        one, two = pond("a", 2), pond("b", 2)
        one.minutes = 20
        want(one, 0)
        motor = one.motors[0]
        yard = Yard(Feeder(id="main", limit_kw=3), [one, two])
        yard.live(2)
        assert two.running == 2
        motor.welded, motor.switch = fault == "welded", HOA_HAND if fault == "hand" else HOA_AUTO
        yard.live(20)
        assert two.running == 1
        assert yard.load_kw == 3


def test_a_failed_machine_leaves_its_share_to_others_and_gives_it_back() -> None:
    one, two = pond("a", 2), pond("b", 2)
    one.minutes = 20
    one.motors[0].broken = True
    yard = Yard(Feeder(id="main", limit_kw=4.5), [one, two])
    yard.live(1)
    assert two.running == 1
    yard.live(320)
    assert two.running == 2
    one.motors[0].broken = False
    yard.live(2)
    assert (one.running, two.running) == (2, 1)
    assert yard.load_kw == 4.5


def test_what_is_switched_off_counts_for_nothing() -> None:
    one, two = pond("a", 2), pond("b", 2)
    one.motors[0].switch = HOA_OFF
    yard = Yard(Feeder(id="main", limit_kw=4.5), [one, two])
    yard.live(1)
    assert (one.running, two.running) == (2, 2)


def test_a_pond_nobody_decides_for_counts_with_what_its_panel_runs() -> None:
    loose = Ask(
        pond="a",
        feeder="main",
        wanted=(True, True),
        machines=(Machine(running=True), Machine(running=False)),
        power_kw=(1.5, 1.5),
        loose=True,
    )
    other = Ask(pond="b", feeder="main", wanted=(True, True), machines=(Machine(),) * 2, power_kw=(1.5, 1.5))
    grants = Power([Feeder(id="main", limit_kw=3)]).step(0, [loose, other])
    assert grants["a"].run == (True, True)
    assert sum(grants["b"].run) == 1


@pytest.mark.parametrize(("power_kw", "most"), [(1.5, 12), (2.2, 12), (5.5, 8), (7.5, 8), (11, 6)])
def test_comfort_leaves_two_starts_of_each_hour_to_safety(power_kw: float, most: int) -> None:
    assert starts_per_hour(power_kw) == most
    power, now_s, starts, before = Power([]), 0.0, 0, True
    for at in range(3500):
        now_s += 1
        ask = Ask(
            pond="a",
            feeder="main",
            wanted=(at % 40 < 20,),
            machines=(Machine(allowed=before),),
            power_kw=(power_kw,),
            minutes_to_danger=500,
        )
        run = power.step(now_s, [ask])["a"].run[0]
        starts += run and not before
        before = run
    assert starts == most - 2
    urgent = Ask(
        pond="a", feeder="main", wanted=(True,), machines=(Machine(allowed=before),), power_kw=(power_kw,), urgent=True
    )
    assert power.step(now_s + 1, [urgent])["a"].run == (True,)


@pytest.mark.parametrize("power_kw", [1.5, 5.5, 15])
def test_safety_alone_cannot_use_up_the_starts_of_an_hour(power_kw: float) -> None:
    one = pond("a", 1, power_kw=power_kw)
    yard = Yard(Feeder(id="main"), [one])
    want(one, 0)
    for at in range(2 * 3600):
        one.oxygen = LOST if at % 100 < 95 and not one.running else GOOD
        yard.live(1)
        assert codes(one) in ([None], ["stagger"])
    assert len(one.motors[0].starts_s) > 1.5 * starts_per_hour(power_kw)
    assert minimum_on_s(power_kw, 90) >= 300


def test_quiet_hours_hold_back_comfort_but_nothing_else() -> None:
    calm, near, alarm, cut = (pond(name, on=False) for name in "abcd")
    near.minutes = 50
    yard = Yard(Feeder(id="main"), [calm, near, alarm, cut])
    yard.live(100)
    yard.quiet = True
    want(calm, 4)
    want(near, 4)
    alarm.oxygen = LOW
    yard.live(60)
    assert [each.running for each in (calm, near, alarm)] == [0, 4, 4]
    assert codes(calm) == ["quiet"] * 4
    yard.quiet = False
    yard.live(60)
    assert calm.running == 4


def test_what_a_cut_stopped_starts_again_in_quiet_hours() -> None:
    one = pond("a")
    yard = Yard(Feeder(id="main"), [one])
    yard.quiet = True
    yard.live(10)
    yard.mains = False
    yard.live(600)
    yard.mains = True
    yard.live(120)
    assert one.running == 4


def test_after_a_cut_machines_return_in_the_order_of_need() -> None:
    some, most, more, alarm = (pond(name, 2) for name in ("some", "most", "more", "alarm"))
    for each, deficit in ((some, 0.2), (most, 0.9), (more, 0.5)):
        each.minutes, each.deficit = 0, deficit
    yard = Yard(Feeder(id="main"), [some, most, more, alarm])
    yard.live(10)
    yard.mains = False
    yard.live(50)
    assert [each.running for each in yard.ponds] == [0, 1, 0, 0]
    assert not yard.power.powered("main")
    assert all(each.guard.events == [] for each in yard.ponds)
    alarm.oxygen = LOW
    yard.mains = True
    yard.live(100)
    assert [each.running for each in yard.ponds] == [2, 2, 2, 2]
    starts = sorted((start, each.name) for each in yard.ponds for motor in each.motors for start in motor.starts_s)
    assert [name for _, name in starts] == ["alarm", "more", "some", "alarm", "most", "more", "some"]
    assert all(second - first == run_up_s(1.5) for (first, _), (second, _) in pairwise(starts))


def test_a_wrong_sensor_of_the_mains_stops_nothing_and_a_broken_witness_blocks_nothing() -> None:
    one = pond("a")
    yard = Yard(Feeder(id="main"), [one])
    yard.mains_seen = lambda: False
    yard.live(60)
    assert one.running == 4
    yard.mains = False
    yard.live(60)
    assert one.running == 1
    next(motor for motor in one.motors if motor.allowed).broken = True
    yard.mains = True
    yard.live(300)
    assert one.running == 4
    assert sum(motor.runs(True) for motor in one.motors) == 3


def test_a_generator_that_comes_late_takes_one_after_another_up_to_its_limit() -> None:
    one, two = pond("a"), pond("b")
    two.minutes = 20
    yard = Yard(Feeder(id="main", starts_at_once=4, generator_kw=4.5), [one, two])
    loads = []
    yard.each = lambda: loads.append(yard.load_kw)
    yard.live(10)
    yard.mains = False
    yard.live(120)
    yard.generator = True
    loads.clear()
    yard.live(200)
    assert max(loads) == 4.5
    assert (one.running, two.running) == (0, 3)
    assert all(second - first <= 1.5 for first, second in pairwise(loads))


def test_a_flicker_is_no_cut() -> None:
    one = pond("a")
    yard = Yard(Feeder(id="main"), [one])
    yard.live(10)
    yard.mains = False
    yard.live(2)
    yard.mains = True
    yard.live(1)
    assert one.running == 4


def test_a_large_motor_without_room_does_not_hold_up_a_small_one() -> None:
    mixed, other = pond("a", 2, on=False), pond("b", 1, power_kw=11)
    mixed.motors = [Motor(power_kw=11, allowed=False), Motor(power_kw=1.5, allowed=False)]
    yard = Yard(Feeder(id="main", limit_kw=13), [mixed, other])
    yard.live(100)
    want(mixed, 2)
    yard.live(10)
    assert [motor.allowed for motor in mixed.motors] == [False, True]
    assert codes(mixed) == ["feeder_limit", None]


def test_many_ponds_take_little_time_and_end_as_asked() -> None:
    ponds = [pond(f"p{at}", on=False) for at in range(20)]
    yard = Yard(Feeder(id="main", limit_kw=60), ponds)
    yard.live(100)
    for each in ponds:
        want(each, 4)
    yard.live(200)
    assert yard.load_kw == 60


# -- in any sequence --------------------------------------------------------------------------------------------------

POWERS = (0.75, 1.5, 2.2, 5.5, 11)
happenings = st.tuples(
    st.integers(0, 2),  # pond
    st.integers(0, 3),  # machine
    st.sampled_from(
        ["want", "rest", "lost", "low", "good", "broken", "weld", "mend", "hand", "auto", "off", "near", "far"]
    ),
    st.sampled_from(["", "", "", "cut", "mains", "generator", "quiet", "loud"]),
    st.integers(1, 150),
)


def happen(yard: Yard, each: Pond, at: int, what: str, farm: str) -> None:
    motor = each.motors[at % len(each.motors)]
    match what:
        case "want" | "rest":
            each.wanted[at % len(each.motors)] = what == "want"
        case "lost" | "low" | "good":
            each.oxygen = {"lost": LOST, "low": LOW, "good": GOOD}[what]
        case "broken" | "weld" | "mend":
            motor.broken, motor.welded = what == "broken", what == "weld"
        case "hand" | "auto" | "off":
            motor.switch = {"hand": HOA_HAND, "auto": HOA_AUTO, "off": HOA_OFF}[what]
        case "near" | "far":
            each.minutes = {"near": 15.0, "far": 400.0}[what]
    match farm:
        case "cut":
            yard.mains, yard.generator = False, False
        case "mains":
            yard.mains, yard.generator = True, False
        case "generator":
            yard.mains, yard.generator = False, True
        case "quiet" | "loud":
            yard.quiet = farm == "quiet"


class Limits:
    """Holds after each second what must always hold."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard
        self.over_s = 0
        self.welded: set[int] = set()

    def check(self) -> None:
        self._load()
        self._turns()
        self._starts()

    def _limit_kw(self) -> float:
        feeder = self.yard.feeder
        limits = [feeder.limit_kw, feeder.generator_kw if self.yard.mains is False else None]
        return min((limit for limit in limits if limit is not None), default=1e9)

    def _load(self) -> None:
        """What turns is within the limit, but for what nobody can stop, and ten seconds to find each such motor out."""
        motors = [motor for each in self.yard.ponds for motor in each.motors]
        fixed = [m for m in motors if m.runs(self.yard.alive) and (m.welded or m.switch == HOA_HAND)]
        others_kw = self.yard.load_kw - sum(m.power_kw for m in fixed)
        self.over_s = self.over_s + 1 if self.yard.load_kw > self._limit_kw() + 1e-6 and others_kw else 0
        self.welded |= {at for at, motor in enumerate(motors) if motor.welded}
        assert self.over_s <= 2 + 12 * len(self.welded)

    def _turns(self) -> None:
        at_once = 1 if self.yard.mains is False else self.yard.feeder.starts_at_once
        starts = [(m, s) for each in self.yard.ponds for m in each.motors for s in m.starts_s[-1:]]
        now_s = self.yard.now_s
        running_up = [m for m, start_s in starts if m.allowed and now_s - start_s < run_up_s(m.power_kw)]
        started_now = [m for m, start_s in starts if start_s == now_s]
        assert not started_now or len(running_up) <= at_once

    def _starts(self) -> None:
        for each in self.yard.ponds:
            for motor in each.motors:
                last = [start_s for start_s in motor.starts_s if start_s > self.yard.now_s - 3600]
                assert len(last) <= starts_per_hour(motor.power_kw)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(POWERS), min_size=1, max_size=4), min_size=3, max_size=3),
    st.sampled_from([None, 11.0, 14.0, 25.0]),
    st.sampled_from([None, 11.0, 16.0]),
    st.integers(1, 3),
    st.lists(happenings, min_size=1, max_size=25),
)
def test_limits_turns_and_starts_hold_whatever_happens(
    powers: list[list[float]],
    limit_kw: float | None,
    generator_kw: float | None,
    at_once: int,
    happenings: list[tuple[int, int, str, str, int]],
) -> None:
    ponds = []
    for at, each in enumerate(powers):
        ponds.append(pond(f"p{at}", len(each)))
        ponds[-1].motors = [Motor(power_kw=power_kw) for power_kw in each]
    yard = Yard(Feeder(id="main", limit_kw=limit_kw, starts_at_once=at_once, generator_kw=generator_kw), ponds)
    yard.each = Limits(yard).check
    for at, machine, what, farm, seconds in happenings:
        happen(yard, ponds[at], machine, what, farm)
        yard.live(seconds)

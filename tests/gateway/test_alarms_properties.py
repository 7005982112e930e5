"""Whatever happens on a farm: trouble that stays is told, and late data is not."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.alarms.facts import DeviceFacts, MachineFacts, PondFacts
from gateway.control.observation import DoState, Oxygen
from tests.gateway.test_alarms import LIMITS, Room
from tests.gateway.test_alarms_of_control import Running

PONDS = ("ao-1", "ao-2")
TOLD = {"unack", "acked"}

OXYGEN = st.one_of(
    st.builds(Oxygen, state=st.just(DoState.GOOD), value_mg_l=st.floats(0.5, 9.0)),
    st.builds(Oxygen, state=st.sampled_from([DoState.STALE, DoState.BAD, DoState.FROZEN, DoState.OUT_OF_WATER])),
    st.just(Oxygen(state=DoState.BAD, detail="being calibrated")),
)
MACHINE = st.builds(MachineFacts, number=st.just(1), failed=st.booleans(), stuck=st.booleans())
FAILING = st.sampled_from([0.0, 0.0, 5.0, 30.0])
PHASES = st.sampled_from([None, (True, True, True), (False, False, False), (True, False, True)])


@st.composite
def farms(draw: st.DrawFn) -> tuple[tuple[PondFacts, ...], tuple[DeviceFacts, ...]]:
    """A farm as it may stand."""
    ponds, devices = [], []
    for name in PONDS:
        node, panel = f"node-{name}", f"panel-{name}"
        ponds.append(
            PondFacts(
                id=name,
                node=node,
                panel=panel,
                oxygen=draw(OXYGEN),
                limits=LIMITS,
                machines=(draw(MACHINE),),
                minutes_to_danger=draw(st.sampled_from([None, 5.0, float("inf")])),
            )
        )
        twins = draw(st.sampled_from([(), (), ("a", "b")]))
        devices.append(DeviceFacts(name=node, line="one", failing_s=draw(FAILING), twins=twins))
        devices.append(
            DeviceFacts(
                name=panel,
                line="one",
                panel=True,
                failing_s=draw(FAILING),
                phases=draw(PHASES),
                powered=draw(st.booleans()),
            )
        )
    return tuple(ponds), tuple(devices)


def told(room: Room, *keys: tuple[str, str | None, str | None]) -> bool:
    """One of these alarms stands where people see it."""
    rows = {(row["kind"], row["pond"], row["device"]) for row in room.rows() if row["state"] in TOLD}
    return bool(rows & set(keys))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(farms(), st.integers(1, 90), st.sampled_from(["", "acknowledge", "shelve"])), max_size=5),
    farms(),
)
def test_trouble_that_stays_is_told_whatever_went_before(course: list, end: tuple) -> None:  # type: ignore[type-arg]
    with TemporaryDirectory() as folder:
        room = Room(Path(folder), "")
        for (ponds, devices), seconds, action in course:
            room.live(seconds, *ponds, devices=devices)
            for row in room.rows():
                if action == "acknowledge":
                    room.order("acknowledge", alarm="all", who="lan", by="page")
                elif action == "shelve" and row["id"]:
                    room.order("shelve", alarm=row["id"], minutes=15, who="lan")
        ponds, devices = end
        room.steps.forward(3600)
        room.live(400, *ponds, devices=devices)
        for pond, node in zip(ponds, devices[::2], strict=True):
            lost = (
                ("node_silent", None, node.name),
                ("duplicate_address", None, node.name),
                ("line_dead", None, "one"),
            )
            if pond.oxygen.good and pond.oxygen.value_mg_l is not None:
                if pond.oxygen.value_mg_l < 4.0:
                    assert told(room, ("do_low", pond.id, None), ("do_very_low", pond.id, None))
            elif pond.oxygen.detail:
                assert told(room, ("do_calibrating", pond.id, None))
            else:
                assert told(room, ("do_fault", pond.id, None), *lost)
            if node.failing_s >= 10:
                assert told(room, *lost)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0.1, 9.0), st.integers(1, 86400)), min_size=1, max_size=40))
def test_late_samples_fire_nothing_whatever_they_say(samples: list[tuple[float, int]]) -> None:
    with TemporaryDirectory() as folder:
        running = Running(Path(folder))
        running.evening(5.0)
        for do_mg_l, ago_s in samples:
            running.hear(do_mg_l, ago_s=ago_s, late=True)
        running.process._pass()
        assert running.kinds() == []

"""Alarms of a whole farm, on clocks that are stepped: what rings, whom it wakes and when, what a restart keeps."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.alarms import memory
from gateway.alarms.facts import DeviceFacts, Facts, MachineFacts, PondFacts
from gateway.alarms.kinds import KINDS
from gateway.alarms.limits import preset
from gateway.alarms.proof import Proof
from gateway.alarms.room import Alarms
from gateway.alarms.wording import words
from gateway.control.observation import DoState, Oxygen
from gateway.text import LANGUAGES, text
from tests.gateway.farms import FARM, Steps, small_farm

MODEM = '\n[modem]\nport = "/dev/null"\n'
PEOPLE = """
[[person]]
id = "chu"
name = "Chu"
role = "owner"
phone = "+84900000001"

[[person]]
id = "lan"
name = "Lan"
phone = "+84900000002"
language = "en"

[[person]]
id = "bac-nam"
name = "Bac Nam"
role = "neighbour"
phone = "+84900000003"
"""
LIMITS = preset("qcvn-02-19-2014").limits


def pond(do_mg_l: float | None = 5.0, state: DoState = DoState.GOOD, **more: Any) -> PondFacts:
    oxygen = Oxygen(state=state, value_mg_l=do_mg_l)
    return PondFacts(
        **({"id": "ao-1", "node": "node-1", "panel": "panel-1", "oxygen": oxygen, "limits": LIMITS} | more)
    )


def node(name: str, **more: Any) -> DeviceFacts:
    return DeviceFacts(name=name, line="one", **more)


@dataclass
class Room:
    """A farm's alarms, passed once a second."""

    folder: Path
    more: str = MODEM + PEOPLE
    steps: Steps = field(default_factory=Steps)
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    sent: list[tuple[float, str, str]] = field(default_factory=list)
    speed: float = 1.0

    def __post_init__(self) -> None:
        self.farm = small_farm(self.folder, FARM + self.more)
        self.start()

    def start(self) -> None:
        """The gateway starts, and starts again."""
        clock = replace(self.steps.clock(), speed=self.speed)
        self.alarms = Alarms(self.farm, clock, lambda kind, pond, **detail: self.events.append((kind, detail)))
        self.began_s = self.steps.now_s

    def live(self, seconds: int = 1, *ponds: PondFacts, devices: tuple[DeviceFacts, ...] = (), **more: Any) -> None:
        """So many passes with these facts; what is sent is noted with its time and delivered at once."""
        for _ in range(seconds):
            self.steps.forward(1)
            now = {"now_s": self.steps.now_s, "pond_s": self.steps.now_s * self.speed, "wall_s": self.steps.wall_s}
            self.alarms.step(Facts(**now, ponds=ponds or (pond(),), devices=devices, **more))
            for sending in self.alarms.snapshot()["sendings"]:
                self.sent.append((self.steps.now_s - self.began_s, sending["channel"], sending["person"]))
                self.order("sent", id=sending["id"], outcome="delivered", detail="")

    def order(self, do: str, **more: Any) -> dict[str, Any]:
        return self.alarms.orders[do](more)

    def rows(self) -> list[dict[str, Any]]:
        """The alarms of the snapshot."""
        return list(self.alarms.snapshot()["alarms"]["list"])

    def kinds(self, state: str = "unack") -> list[str]:
        return [row["kind"] for row in self.rows() if row["state"] == state]

    def told(self, kind: str) -> list[dict[str, Any]]:
        return [detail for name, detail in self.events if name == kind]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_a_night_oxygen_falls_and_people_are_woken_one_after_another(room: Room) -> None:
    room.live(5, pond(4.3))
    assert not room.alarms.siren
    room.began_s = room.steps.now_s + 1
    room.live(1, pond(3.9))
    assert room.alarms.siren
    assert room.kinds() == ["do_low"]
    assert sorted(room.sent) == [
        (0.0, "push", "chu"), (0.0, "push", "lan"), (0.0, "sms", "chu"), (0.0, "sms", "lan"),
    ]  # fmt: skip
    room.sent.clear()
    room.live(480, pond(3.8))
    assert room.sent == [(175.0, "call", "chu"), (295.0, "call", "lan"), (415.0, "call", "bac-nam")]
    room.sent.clear()
    room.live(200, pond(3.8))
    assert (600.0, "sms", "lan") in room.sent
    assert room.order("acknowledge", alarm=room.rows()[0]["id"], who="lan", by="sms") == {"refused": ""}
    room.sent.clear()
    room.live(1200, pond(3.8))
    assert room.sent == []
    assert not room.alarms.siren
    assert room.told("alarm_acknowledged")[0]["who"] == "lan"
    assert len(room.told("alarm_raised")) == 1


def test_very_low_is_a_new_cause_and_rings_again(room: Room) -> None:
    room.live(1, pond(3.8))
    room.order("acknowledge", alarm="all", who="lan", by="page")
    room.live(1, pond(2.9))
    assert room.alarms.siren
    assert (room.kinds(), room.kinds("suppressed")) == (["do_very_low"], ["do_low"])
    room.order("acknowledge", alarm=room.rows()[0]["id"], who="lan", by="page")
    room.live(400, pond(3.5))
    assert not room.alarms.siren
    assert room.kinds("acked") == ["do_low"]


def test_who_knows_of_very_low_oxygen_is_not_woken_when_it_is_only_low_again(room: Room) -> None:
    room.live(1, pond(2.5))
    assert room.kinds() == ["do_very_low"]
    room.order("acknowledge", alarm=room.rows()[0]["id"], who="lan", by="page")
    room.live(400, pond(3.5))
    assert not room.alarms.siren
    assert room.kinds("acked") == ["do_low"]


def test_a_dead_line_is_one_alarm_not_twelve(room: Room) -> None:
    names = [f"node-{number}" for number in range(1, 12)]
    for second in range(1, 120):
        dead = tuple(node(name, failing_s=float(second)) for name in names)
        dead += (node("panel-1", failing_s=max(0.1, second - 0.5), panel=True),)
        state = DoState.STALE if second > 32 else DoState.GOOD
        room.live(1, *(pond(4.5, state, id=name, node=name) for name in names), devices=dead)
    assert [detail["alarm"] for detail in room.told("alarm_raised")] == ["line_dead"]
    assert room.rows()[0]["values"]["n"] == 12
    assert len(room.kinds("suppressed")) > 12


def test_a_node_that_stays_silent_when_its_line_is_back_is_told(room: Room) -> None:
    devices = (node("node-1", failing_s=20.0), node("panel-1", failing_s=20.0, panel=True))
    room.live(60, devices=devices)
    room.live(30, devices=(devices[0], node("panel-1", panel=True)))
    assert "node_silent" in room.kinds()
    assert "line_dead" not in room.kinds()


def test_a_silent_rain_gauge_wakes_nobody_by_siren(room: Room) -> None:
    room.live(90, devices=(node("rain", watches=False, failing_s=20.0),))
    assert room.kinds() == ["device_silent"]
    assert not room.alarms.siren


def test_nobody_shelves_oxygen_for_the_night(room: Room) -> None:
    room.live(1, pond(3.5))
    number = room.rows()[0]["id"]
    assert room.order("shelve", alarm=number, minutes=480, who="lan") == {"refused": "too_long"}
    assert room.order("shelve", alarm=number, minutes=15, who="lan") == {"refused": ""}
    room.live(10, pond(3.5))
    assert (room.kinds("shelved"), room.alarms.siren) == (["do_low"], False)
    assert room.order("shelve", alarm=number, minutes=15, who="lan") == {"refused": "already_shelved"}
    room.live(900, pond(3.5))
    assert room.alarms.siren
    assert room.rows()[0]["id"] == number


def test_while_oxygen_is_not_known_what_was_low_stays_low_and_the_probe_is_an_alarm(room: Room) -> None:
    room.live(1, pond(3.5))
    room.live(900, pond(8.0, DoState.OUT_OF_WATER))
    assert room.kinds() == ["do_low", "do_fault"]
    fault = next(row for row in room.rows() if row["kind"] == "do_fault")
    assert "ngoài nước" in words("do_fault", "Ao 1", fault["values"], text("vi")).text


def test_minutes_to_danger_wake_before_oxygen_is_low(room: Room) -> None:
    room.live(70, pond(4.6, minutes_to_danger=25.0))
    assert room.kinds() == ["danger_soon"]
    assert words("danger_soon", "Ao 1", room.rows()[0]["values"], text("en")).text.startswith("In about 25 minutes")
    room.live(400, pond(4.6, minutes_to_danger=float("inf")))
    assert room.kinds() == []


def test_alarms_go_on_while_somebody_calibrates(room: Room) -> None:
    oxygen = Oxygen(state=DoState.BAD, detail="being calibrated")
    hot = pond(oxygen=oxygen, readings={"temperature_c": 35.0}, machines=(MachineFacts(number=2, failed=True),))
    room.live(120, hot)
    assert room.kinds() == ["aerator_not_running", "temperature_high", "do_calibrating"]


def test_power_cut_phase_and_generator(room: Room) -> None:
    def panel(name: str, *phases: bool, powered: bool) -> DeviceFacts:
        return node(name, panel=True, phases=phases, powered=powered)

    dark = panel("panel-1", False, False, False, powered=False), panel("panel-2", False, False, False, powered=False)
    room.live(10, devices=dark)
    assert room.kinds() == ["mains_lost"]
    assert room.rows()[0]["device"] is None
    room.live(60, devices=dark)
    room.live(60, devices=(replace(dark[0], powered=True), panel("panel-2", True, False, True, powered=True)))
    assert sorted(room.kinds()) == ["generator_running", "phase_lost"]
    assert [detail["alarm"] for detail in room.told("alarm_raised")].count("mains_lost") == 1
    phase = next(row for row in room.rows() if row["kind"] == "phase_lost")
    assert phase["values"]["phases"] == "L2"


def test_water_out_of_its_range(room: Room) -> None:
    def water(hours: float, **readings: float) -> None:
        room.live(int(hours * 3600 / 60), pond(readings=readings))

    room.speed = 60.0
    room.start()
    water(1, ph=8.0, salinity_psu=15.0, temperature_c=30.0, ammonium_mg_l=1.0)
    assert room.kinds() == []
    water(1, ph=8.7, salinity_psu=11.0, temperature_c=30.0, ammonium_mg_l=1.0)
    assert room.kinds() == ["salinity_step", "ph_swing"]
    water(1, ph=9.2, salinity_psu=11.0, temperature_c=34.0, ammonium_mg_l=1.0)
    assert sorted(room.kinds()) == ["ammonia_high", "ph_high", "ph_swing", "salinity_step", "temperature_high"]
    water(8, ph=9.2, salinity_psu=11.0, temperature_c=30.0, ammonium_mg_l=0.1)
    assert sorted(room.kinds()) == ["ph_high", "ph_swing"]


def test_the_gateway_itself(tmp_path: Path) -> None:
    room = Room(tmp_path, '\n[alarms]\nbattery_low_v = 11.5\nout_of_service = ["tariff_unknown"]\n')
    room.live(
        400,
        pond(readings={"voltage_v": 11.0}),
        devices=(node("node-1", calibrated_days=31.0),),
        storage="disk full",
        wall_known=False,
        cloud_silent_s=1000.0,
        tariff_warning="none",
    )
    assert room.kinds("out_of_service") == ["tariff_unknown"]
    low = {"battery_low", "calibration_due", "clock_unknown", "cloud_silent"}
    assert set(room.kinds()) == low | {"storage_failing"}
    room.order("acknowledge", alarm="all", who="lan", by="page")
    room.live(100)
    assert room.kinds("latched") == ["storage_failing"]


def test_a_restart_rings_nothing_anew_that_somebody_knows_of(room: Room) -> None:
    silent = (node("node-2", failing_s=30.0),)
    room.live(5, pond(3.5), devices=silent)
    number = next(row["id"] for row in room.rows() if row["kind"] == "do_low")
    room.order("acknowledge", alarm="all", who="lan", by="page")
    room.live(1, pond(3.5), devices=silent)
    kept = memory.saved(room.alarms, room.steps.clock())
    room.steps.forward(20)
    room.start()
    memory.remember(room.alarms, kept, room.steps.clock())
    room.events.clear()
    room.live(11, pond(None, DoState.WAITING), devices=(node("node-2"),))
    room.live(60, pond(3.5), devices=silent)
    assert sorted(room.kinds("acked")) == ["do_low", "node_silent"]
    assert number in [row["id"] for row in room.rows()]
    assert room.events == []
    assert not room.alarms.siren


def test_rain_that_falls_over_a_restart_is_a_step_of_salinity_all_the_same(room: Room) -> None:
    room.live(5, pond(readings={"salinity_psu": 15.0}))
    kept = memory.saved(room.alarms, room.steps.clock())
    room.steps.forward(3600)
    room.start()
    memory.remember(room.alarms, kept, room.steps.clock())
    room.live(120, pond(readings={"salinity_psu": 11.0}))
    assert "salinity_step" in room.kinds()


def test_a_restart_goes_on_with_the_ladder_where_it_was(room: Room) -> None:
    room.live(200, pond(3.5))
    kept = memory.saved(room.alarms, room.steps.clock())
    room.start()
    memory.remember(room.alarms, kept, room.steps.clock())
    room.sent.clear()
    room.live(130, pond(3.5))
    assert room.sent == [(120.0, "call", "lan")]
    assert [row["id"] for row in room.rows()] == [1]


def test_what_is_no_memory_is_forgotten(room: Room, tmp_path: Path) -> None:
    for broken in ("", "{}", '{"version":1}', '{"version":9,"wall_s":1}'):
        (tmp_path / "alarms.json").write_text(broken)
        memory.read(room.alarms, tmp_path / "alarms.json", room.steps.clock())
    room.live(1, pond(3.5))
    assert room.alarms.siren


def test_a_flood_of_repetitions_is_thinned_out_but_a_new_cause_always_goes(tmp_path: Path) -> None:
    room = Room(tmp_path, MODEM + PEOPLE + "\n[alarms]\nrepeat_s = 120\nmost_messages_per_hour = 4\n")
    room.live(3500, pond(3.5))
    ways = [channel for _, channel, person in room.sent if person == "lan"]
    assert sum(channel != "call" for channel in ways) == 4
    assert ways.count("call") > 4  # what wakes people of a critical alarm is never thinned out
    room.sent.clear()
    room.live(20, pond(3.5), pond(3.5, id="ao-2"))
    ways = [channel for _, channel, person in room.sent if person == "lan"]
    assert [channel for channel in ways if channel != "call"] == ["push", "sms"]


def test_a_message_that_is_under_way_is_not_made_twice_and_goes_when_somebody_knows(room: Room) -> None:
    for _ in range(1500):
        room.steps.forward(1)
        room.alarms.step(Facts(now_s=room.steps.now_s, pond_s=0, wall_s=0, ponds=(pond(3.5),)))
    ways = [(sending["person"], sending["channel"]) for sending in room.alarms.snapshot()["sendings"]]
    assert len(ways) == len(set(ways)) == 7
    assert room.order("acknowledge", alarm="all", who="lan", by="page") == {"refused": ""}
    room.live(1, pond(3.5))
    assert room.alarms.snapshot()["sendings"] == []


def test_the_key_in_a_call_acknowledges_and_each_delivery_is_told(room: Room) -> None:
    room.steps.forward(1)
    room.alarms.step(Facts(now_s=room.steps.now_s, pond_s=0, wall_s=0, ponds=(pond(3.5),)))
    first, *_ = room.alarms.snapshot()["sendings"]
    assert first["title"] == "Ao 1: Oxy thấp"
    assert "3,5 mg/L" in first["text"]
    room.order("sent", id=first["id"], outcome="acknowledged", detail="pressed 1")
    assert room.told("alarm_sent")[0]["outcome"] == "acknowledged"
    assert room.told("alarm_acknowledged")[0]["who"] == first["person"]
    assert room.order("sent", id=999, outcome="failed", detail="") == {}


def test_without_people_there_is_the_siren(tmp_path: Path) -> None:
    room = Room(tmp_path, "")
    room.live(1000, pond(3.5))
    assert room.alarms.siren
    assert room.sent == []


def test_steps_of_ones_own(tmp_path: Path) -> None:
    steps = '\n[[alarms.step]]\nafter_s = 30\nchannels = ["call", "sms"]\npersons = ["lan"]\npriority = "high"\n'
    room = Room(tmp_path, MODEM + PEOPLE + steps)
    room.began_s += 1
    room.live(100, pond(3.5))
    assert room.sent == [(30.0, "call", "lan"), (30.0, "sms", "lan")]


def test_the_weekly_proof_rings_everything_for_a_moment_and_says_who_answered(tmp_path: Path) -> None:
    room = Room(tmp_path, MODEM + PEOPLE + '\n[alarms]\nproof_test = "sun 09:00"\n')
    local = room.steps.clock().local()
    assert local is not None
    minute = (local.weekday() * 24 + local.hour) * 60 + local.minute
    room.steps.forward(((6 * 24 + 9) * 60 - minute) % (7 * 1440) * 60 - local.second - 2)
    room.live(1)
    assert not room.alarms.siren
    room.live(3)
    assert room.alarms.siren
    room.live(10)
    assert not room.alarms.siren
    ways = {(channel, person) for _, channel, person in room.sent}
    assert ways == {(channel, person) for channel in ("push", "sms", "call") for person in ("chu", "lan")}
    room.order("acknowledge", alarm=room.rows()[0]["id"], who="chu", by="call")
    room.live(4000)
    assert room.kinds() + room.kinds("rtn_unack") == []
    assert len(room.told("alarm_test")) == 1
    assert room.told("alarm_acknowledged")[0] == {
        "alarm": "proof_test",
        "id": 1,
        "device": "",
        "who": "chu",
        "by": "call",
    }


def test_a_second_test_rings_again(room: Room) -> None:
    for _ in range(2):
        room.order("test_alarm", who="chu")
        room.sent.clear()
        room.live(20)
        assert ("sms", "lan") in {(channel, person) for _, channel, person in room.sent}
        assert room.order("acknowledge", alarm=room.rows()[0]["id"], who="lan", by="sms") == {"refused": ""}


def test_neighbours_and_officers_are_called_last(tmp_path: Path) -> None:
    people = "".join(
        f'\n[[person]]\nid = "{role}"\nname = "{role}"\nrole = "{role}"\nphone = "+8490000000{at}"\n'
        for at, role in enumerate(("officer", "neighbour", "technician", "worker", "owner"))
    )
    room = Room(tmp_path, MODEM + people)
    room.live(800, pond(3.5))
    called = [person for _, channel, person in room.sent if channel == "call"]
    assert called == ["worker", "owner", "technician", "officer", "neighbour"]


def test_a_test_that_nobody_answers_stays_in_the_list(room: Room) -> None:
    room.order("test_alarm", who="chu")
    room.live(1900)
    assert room.kinds("rtn_unack") == ["proof_test"]


@pytest.mark.parametrize(
    "order", [{}, {"alarm": "x", "who": "a", "by": "page"}, {"alarm": None, "who": "a", "by": "b"}]
)
def test_an_order_that_makes_no_sense_is_no_traceback_for_control(room: Room, order: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError, TypeError)):
        room.order("acknowledge", **order)


def test_the_page_for_people_names_every_kind_with_its_priority() -> None:
    rows = [row for row in (Path(__file__).parents[2] / "docs/alarms.md").read_text("utf-8").splitlines() if "|" in row]
    for kind in KINDS.values():
        assert any(f"`{kind.name}`" in row and f"| {kind.priority} |" in row for row in rows), kind.name


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_to_do_and_what_happens_otherwise(kind: str, language: str) -> None:
    said = words(kind, None, {}, text(language))
    assert not any(part.startswith("alarm.") for part in (said.title, said.text, said.do, said.otherwise))


def test_a_proof_shortly_before_midnight_rings_once() -> None:
    proof = Proof(6 * 1440 + 23 * 60 + 30)
    sunday = datetime(2026, 11, 29, 23, 29)  # noqa: DTZ001 - the local time at the ponds
    due = [proof.due(sunday + timedelta(minutes=minute)) for minute in range(120)]
    assert due.count(True) == 1
    assert proof.due(sunday + timedelta(days=7, minutes=1))

"""Nothing is lost, nothing is counted twice, from the node's ring to the cloud's table."""

import random
import struct
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from cloud.telemetry.history import samples
from cloud.telemetry.models import Node, Stored
from cloud.telemetry.sequences import Sequences
from hardware.registers import STATUS, parse
from tests.faults import Fault
from tests.system.conftest import Chain, drop_old_bytes, eventually

UNITS = {"ponds": (11, 12, 13), "panels": (21, 22)}


@dataclass(frozen=True)
class Made:
    """What a node says it made in this boot."""

    hardware_id: str
    boot: int
    samples: int
    dropped: int


def status_of(chain: Chain, line: str, unit_id: int) -> dict[str, int]:
    """The status block, read by mbpoll while the gateway is stopped."""
    words = mbpoll(chain.truth()["lines"][line], unit_id, STATUS.address, STATUS.length)
    form = ">" + "".join({"u16": "H", "u32": "I"}[kind] for _, kind in parse(STATUS.fields))
    values = struct.unpack(form, struct.pack(f">{STATUS.length}H", *words))
    return dict(zip((name for name, _ in parse(STATUS.fields)), values, strict=True))


def mbpoll(port: str, unit_id: int, address: int, count: int) -> list[int]:
    command = ["mbpoll", "-m", "rtu", "-a", str(unit_id), "-b", "19200", "-P", "none", "-t", "4:hex", "-0"]
    command += ["-r", str(address), "-c", str(count), "-1", "-q", "-o", "1", port]
    drop_old_bytes(Path(port))
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 0, result.stderr
    return [int(line.split()[1], 16) for line in result.stdout.splitlines() if line.startswith("[")]


def made_by_nodes(chain: Chain) -> list[Made]:
    """Stops the gateway, asks every node what it made, starts the gateway again."""
    hardware = {(device["line"], device["unit_id"]): device["hardware_id"] for device in chain.belief()["devices"]}
    chain.break_it("service/gateway/stop")
    made = []
    for line, units in UNITS.items():
        for unit_id in units:
            status = status_of(chain, line, unit_id)
            name = hardware[(chain.truth()["lines"][line], unit_id)]
            made.append(Made(name, status["boot_id"], status["samples_made"], status["samples_dropped"]))
    chain.break_it("service/gateway/start")
    return made


def stored(chain: Chain, made: Made) -> tuple[int, int]:
    """How many of these samples the cloud has, and how many different ones."""
    with chain.database().read() as session:
        found = [
            sample.sequence
            for sample in samples(session, "demo", made.hardware_id, 0, 1e11)
            if sample.boot == made.boot and sample.sequence <= made.samples
        ]
    return len(found), len(set(found))


def confirmed(chain: Chain, made: Made) -> int:
    """How many of these samples the cloud's ledger knows."""
    query = select(Stored.sequences).join(Node, Node.id == Stored.node_id)
    with chain.database().read() as session:
        found = session.scalar(query.where(Node.node == made.hardware_id, Stored.boot == made.boot))
    known = Sequences.read(found or "[]")
    return sum(number in known for number in range(1, made.samples + 1))


def assert_nothing_lost(chain: Chain, seconds: float) -> None:
    for made in made_by_nodes(chain):
        assert made.dropped == 0
        eventually(lambda made=made: confirmed(chain, made) == made.samples, seconds, f"all of {made}")  # type: ignore[misc]
        assert stored(chain, made) == (made.samples, made.samples)


def test_every_sample_made_is_in_the_cloud_once(chain: Chain) -> None:
    time.sleep(5)
    assert_nothing_lost(chain, 40)


@pytest.mark.fault("13", "the gateway is killed (kill -9) and started again")
def test_gateway_killed(chain: Chain, fault: Fault) -> None:
    chain.break_it("service/gateway/kill")
    eventually(lambda: not chain.truth()["services"]["gateway"], 2, "gateway down")
    back_s = eventually(lambda: chain.pond("ao-1")["do_state"] == "good", 40, "gateway back")
    assert_nothing_lost(chain, 60)
    fault.measured(
        aerators=f"kept as commanded while the lease lived; control was back after {back_s:.0f} s",
        lost="nothing: every sample made is in the cloud once",
        told="an event: the gateway started",
    )


@pytest.mark.fault("17a", "the broker is away for a moment")
def test_broker_gone_then_back(chain: Chain, fault: Fault) -> None:
    chain.break_it("service/broker/stop")
    time.sleep(6)
    assert chain.pond("ao-1")["do_state"] == "good"
    chain.break_it("service/broker/start")
    assert_nothing_lost(chain, 90)
    fault.measured(aerators="as before", lost="nothing", told="the page says that the cloud is away")


@pytest.mark.fault("20", "the cloud's database or ingest is away")
def test_cloud_gone_then_back(chain: Chain, fault: Fault) -> None:
    chain.break_it("service/ingest/stop")
    before = chain.cloud("farms/demo/samples/count")
    time.sleep(6)
    assert chain.cloud("farms/demo/samples/count") == before
    chain.break_it("service/ingest/start")
    assert_nothing_lost(chain, 90)
    fault.measured(aerators="as before", lost="nothing", told="the page says that the cloud is away")


@pytest.mark.fault("18", "rows are delivered twice: ingest is killed before it confirms")
def test_ingest_killed_in_the_middle(chain: Chain, fault: Fault) -> None:
    for _ in range(3):
        chain.break_it("service/ingest/kill")
        time.sleep(2)
    assert_nothing_lost(chain, 90)
    fault.measured(aerators="as before", lost="nothing, and nothing is counted twice", told="nobody needs to be")


def disturbed(chain: Chain) -> int:
    """How many frames the pond line has damaged so far."""
    url = f"{chain.demo.plan.console_url}/api/line/ponds"
    return int(chain.http.post(url, json={"do": "count"}).raise_for_status().json()["counts"]["disturbed"])


@pytest.mark.parametrize(
    "share",
    [
        pytest.param(share, marks=pytest.mark.fault(f"3{letter}", f"noise on the line: {share:.0%} of frames damaged"))
        for share, letter in ((0.05, "a"), (0.2, "b"), (0.5, "c"))
    ],
)
def test_noise_never_yields_a_wrong_value(chain: Chain, fault: Fault, share: float) -> None:
    began = time.time()
    before = disturbed(chain)
    chain.break_it("line/ponds", do="noise", share=share)
    time.sleep(8)
    chain.break_it("line/ponds", do="heal")
    ends = time.time()
    truth = chain.truth()["ponds"]["ao-3"]["do_mg_l"]
    node = next(device["hardware_id"] for device in chain.belief()["devices"] if device["name"] == "node-3")
    assert disturbed(chain) > before
    time.sleep(3)

    def seen() -> list[tuple[str, float | None]]:
        with chain.database().read() as session:
            found = samples(session, "demo", node, began, ends)
            return [(quantity, value) for sample in found for quantity, value, *_ in sample.readings]

    eventually(lambda: len(seen()) >= 6 * 6, 60, "samples of the noisy time")
    bounds = {"do_mg_l": (truth - 0.6, truth + 0.6), "temperature_c": (25, 36), "ph": (6, 9), "salinity_psu": (1, 20)}
    for quantity, value in seen():
        low, high = bounds.get(quantity, (0, 250))
        assert value is not None
        assert low <= value <= high, (quantity, value)
    fault.measured(
        aerators="as the readings that came through ask; all on where none did for three samples",
        lost=f"nothing; no wrong value among {len(seen())} readings",
        told="the damaged frames are counted on the devices' page",
    )


def test_a_boards_power_cut_loses_only_what_it_held(chain: Chain) -> None:
    chain.break_it("board/node-2/power_cut")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "stale", 8, "stale")
    chain.break_it("board/node-2/power_on")
    eventually(lambda: chain.pond("ao-2")["do_state"] == "good", 40, "the node back")
    assert_nothing_lost(chain, 60)


def test_a_silent_node_leaves_the_others_their_rate(chain: Chain) -> None:
    def rate() -> float:
        before = chain.device("node-1")["replies"]
        time.sleep(6)
        return float(chain.device("node-1")["replies"] - before)

    alive = rate()
    chain.break_it("line/ponds", do="cut", member="node-3")
    time.sleep(4)
    assert rate() >= 0.7 * alive


@pytest.mark.soak
def test_soak_with_random_faults(chain: Chain) -> None:
    """24 pond-hours of samples every second, with a fault every half minute."""
    chance = random.Random(11)
    ends = time.monotonic() + 24 * 3600 / chain.demo.plan.farm.speed
    faults = [
        ("service/gateway/kill", {}),
        ("service/broker/kill", {}),
        ("service/ingest/kill", {}),
        ("line/ponds", {"do": "noise", "share": 0.2}),
        ("line/ponds", {"do": "cut", "member": "node-1"}),
        ("line/panels", {"do": "short", "on": True}),
        ("line/ponds", {"do": "unplug", "member": "gateway"}),
        ("probe/node-1", {"dead": True}),
    ]
    while time.monotonic() < ends:
        path, body = chance.choice(faults)
        chain.break_it(path, **body)
        time.sleep(chance.uniform(2, 20))
        chain.heal()
        time.sleep(chance.uniform(5, 15))
    assert_nothing_lost(chain, 300)

"""One node on its line, asked by programs that nobody here wrote: mbpoll (libmodbus) and mpremote."""

import asyncio
import contextlib
import hashlib
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.bus.blocks import offset
from gateway.bus.device import Device
from gateway.bus.errors import BusError
from gateway.bus.line import Line
from gateway.bus.node import Node
from gateway.bus.samples import Sample
from hardware.registers import (
    ACTION_SAVE_SETTINGS,
    COMMAND,
    CONTROL,
    IDENTITY,
    LIVE,
    MAGIC,
    PANEL,
    QUANTITY_DO,
    SAFE_BOOT_APPLICATION_FAILS,
    SETTINGS,
    SLOT_BASE,
    STATUS,
    parse,
)
from hardware.twin.board import Board
from hardware.twin.farm import BOARDS, BoardPlan, FarmPlan, TwinFarm
from tests.faults import Fault
from tests.system.conftest import eventually

UNIT = 11


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, firmware: Path) -> Iterator[TwinFarm]:
    twins = (
        BoardPlan(name="twin-a", line="twins", unit_id=30, serial=0x31, pond="ao-1", probes=(("y504", 1),)),
        BoardPlan(name="twin-b", line="twins", unit_id=30, serial=0x32, pond="ao-2", probes=(("y504", 1),)),
    )
    plan = FarmPlan(
        folder=tmp_path_factory.mktemp("farm"),
        firmware=firmware,
        speed=1,
        sample_period_ms=1000,
        stagger_ms=2000,
        boards=(*BOARDS, *twins),
    )
    with TwinFarm(plan) as made:
        time.sleep(2)
        yield made


def mbpoll(farm: TwinFarm, *words: str, line: str = "ponds", unit_id: int = UNIT) -> subprocess.CompletedProcess[str]:
    command = ["mbpoll", "-m", "rtu", "-a", str(unit_id), "-b", "19200", "-P", "none", "-0", "-1", "-q", "-o", "0.5"]
    port = str(farm.gateway_port(line))
    flags, values = list(words), []
    if "--" in flags:
        at = flags.index("--")
        flags, values = flags[:at], flags[at + 1 :]
    return subprocess.run([*command, *flags, port, *values], capture_output=True, text=True, timeout=20, check=False)


def read(
    farm: TwinFarm, address: int, count: int, kind: str = "4", line: str = "ponds", unit_id: int = UNIT
) -> list[int]:
    result = mbpoll(farm, "-t", f"{kind}:hex", "-r", str(address), "-c", str(count), line=line, unit_id=unit_id)
    assert result.returncode == 0, result.stdout + result.stderr
    return [int(text.split()[1], 16) for text in result.stdout.splitlines() if text.startswith("[")]


def status_of(farm: TwinFarm, line: str, unit_id: int) -> tuple[int, ...]:
    words = struct.pack(f">{STATUS.length}H", *read(farm, STATUS.address, STATUS.length, line=line, unit_id=unit_id))
    form = ">" + "".join({"u16": "H", "u32": "I"}[kind] for _, kind in parse(STATUS.fields))
    return struct.unpack(form, words)


def mpremote(board: Board, *words: str) -> str:
    command = [str(Path(sys.executable).parent / "mpremote"), "connect", board.usb, *words]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        # mpremote waits for ever when the banner it looks for was cut by a busy machine; a second call finds it.
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_mbpoll_reads_the_map_by_both_functions(farm: TwinFarm) -> None:
    for kind in ("4", "3"):
        words = read(farm, IDENTITY.address, IDENTITY.length, kind)
        assert (words[0], words[1]) == (IDENTITY.number, MAGIC)
        assert words[offset(IDENTITY, "unit_id")] == UNIT
    live = read(farm, LIVE.address, LIVE.length)
    assert live[0] == LIVE.number
    data = struct.pack(f">{len(live)}H", *live)
    groups = [struct.unpack_from(">HfH", data, 2 * (LIVE.head_length + LIVE.group_length * at)) for at in range(3)]
    code, value, quality = groups[-1]
    assert (code, quality) == (QUANTITY_DO, 0)
    assert value == pytest.approx(farm.ponds["ao-1"].do_mg_l, abs=0.4)


def test_mbpoll_reads_a_panels_coils(farm: TwinFarm) -> None:
    eventually(lambda: all(farm.banks["panel-2"].allowed(at) for at in range(6)), 40, "booted with all on")
    result = mbpoll(farm, "-t", "0", "-r", "0", "-c", "6", line="panels", unit_id=22)
    assert result.returncode == 0
    assert [text.split()[1] for text in result.stdout.splitlines() if text.startswith("[")] == ["1"] * 6


def test_mbpoll_is_told_exceptions(farm: TwinFarm) -> None:
    assert "Illegal data address" in mbpoll(farm, "-t", "4", "-r", "1536", "-c", "60").stderr
    assert "Illegal data address" in mbpoll(farm, "-t", "4", "-r", str(PANEL.address), "-c", "1").stderr
    assert "Illegal data value" in mbpoll(farm, "-t", "4", "-r", str(SETTINGS.address), "--", "0").stderr


def test_nobody_answers_for_another_unit(farm: TwinFarm) -> None:
    assert "timed out" in mbpoll(farm, "-t", "4", "-r", "0", "-c", "1", unit_id=99).stderr


def test_mbpoll_takes_no_damaged_frame_and_the_node_counts_them(farm: TwinFarm) -> None:
    farm.lines["ponds"].order("noise", share=1.0)
    results = [mbpoll(farm, "-t", "4:hex", "-r", "0", "-c", str(IDENTITY.length)) for _ in range(8)]
    farm.lines["ponds"].order("heal")
    for result in results:
        assert result.returncode != 0 or str(hex(MAGIC)[2:]).upper() in result.stdout
    assert sum(result.returncode != 0 for result in results) >= 6
    status = dict(zip((name for name, _ in parse(STATUS.fields)), status_of(farm, "ponds", UNIT), strict=True))
    assert status["bytes_discarded"] > 0
    assert status["bytes_heard"] > status["bytes_discarded"]


def test_mpremote_lists_copies_hashes_and_resets(farm: TwinFarm, tmp_path: Path) -> None:
    board = farm.boards["node-3"]
    boots = board.status.boots
    data = bytes(range(256)) * 20
    (tmp_path / "file.bin").write_bytes(data)
    assert "main.py" in mpremote(board, "fs", "ls")
    mpremote(board, "fs", "cp", str(tmp_path / "file.bin"), ":file.bin")
    assert hashlib.sha256(data).hexdigest() in mpremote(board, "fs", "sha256sum", ":file.bin")
    mpremote(board, "fs", "cp", ":file.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == data
    assert "settings.json" in mpremote(board, "fs", "ls")
    mpremote(board, "fs", "rm", ":file.bin")
    mpremote(board, "reset")
    eventually(lambda: board.status.boots > boots, 5, "reset")
    eventually(lambda: mbpoll(farm, "-t", "4", "-r", "0", "-c", "1", unit_id=13).returncode == 0, 10, "firmware back")


def test_a_power_cut_while_settings_are_saved_leaves_old_or_new(farm: TwinFarm) -> None:
    board = farm.boards["node-2"]
    salinity = SETTINGS.address + offset(SETTINGS, "salinity_centi_psu")
    old = read(farm, salinity, 1, unit_id=12)[0]
    for operations in range(1, 14):
        new = 1000 + operations
        mbpoll(farm, "-t", "4", "-r", str(salinity), "--", str(new), unit_id=12)
        board.cut_power_after(operations)
        mbpoll(farm, "-t", "4", "-r", str(CONTROL.address), "--", str(ACTION_SAVE_SETTINGS), unit_id=12)
        time.sleep(0.2)
        board.power_cut()
        board.power_on()
        eventually(lambda: mbpoll(farm, "-t", "4", "-r", "0", "-c", "1", unit_id=12).returncode == 0, 10, "booted")
        found = read(farm, salinity, 1, unit_id=12)[0]
        assert found in (old, new), operations
        assert read(farm, SETTINGS.address, 1, unit_id=12) == [12]
        old = found
    assert old >= 1000


class NoLedger:
    """Takes samples and keeps none."""

    committed = 0

    def put(self, sample: Sample) -> int:
        return 1


@pytest.mark.fault("5", "two nodes share an address")
async def test_two_nodes_with_one_address_are_named_and_neither_is_used(farm: TwinFarm, fault: Fault) -> None:
    line = Line(str(farm.gateway_port("twins")), baud=19200)
    events: list[tuple[str, str]] = []
    node = Node(
        Device(line, 30), "node-30", NoLedger(), lambda *_: None, lambda kind, text: events.append((kind, text))
    )
    ends = time.monotonic() + 60
    while not node.duplicates and time.monotonic() < ends:
        with contextlib.suppress(BusError):
            await node.poll()
        await asyncio.sleep(0.05)
    line.close()
    assert node.duplicates == ("240ac4000031", "240ac4000032")
    assert not node.usable
    kind, text = events[-1]
    assert kind == "duplicate_address"
    assert "240ac4000031 and 240ac4000032 share unit id 30" in text
    fault.measured(
        aerators="as with a bad probe: neither node is used (real boards on a real line, without the control process)",
        lost="nothing; both keep their samples",
        told="one event that names both boards",
    )


def all_allowed(farm: TwinFarm) -> bool:
    return all(farm.banks["panel-1"].allowed(at) for at in range(8))


def rest_all(farm: TwinFarm) -> None:
    """The gateway's command to panel-1: everything at rest."""
    words = ["-t", "4", "-r", str(COMMAND.address), "--", str(time.monotonic_ns() & 0x7FFF), "0", "60", "0"]
    result = mbpoll(farm, *words, line="panels", unit_id=21)
    assert result.returncode == 0, result.stderr
    eventually(lambda: not any(farm.banks["panel-1"].allowed(at) for at in range(8)), 3, "all at rest")


def test_a_reset_moves_no_resting_relay_before_the_gateway_had_its_say(farm: TwinFarm) -> None:
    rest_all(farm)
    farm.boards["panel-1"].reset()
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        assert not any(farm.banks["panel-1"].allowed(at) for at in range(8))
        time.sleep(0.02)


def test_a_power_cut_of_the_board_alone_stops_no_running_aerator(farm: TwinFarm) -> None:
    eventually(lambda: all_allowed(farm), 70, "all on")
    time.sleep(0.3)
    starts = [machine.starts for machine in farm.banks["panel-1"].machines]
    farm.boards["panel-1"].power_cut()
    time.sleep(0.5)
    farm.boards["panel-1"].power_on()
    time.sleep(2)
    assert all_allowed(farm)
    assert [machine.starts for machine in farm.banks["panel-1"].machines] == starts


def test_a_broken_application_ends_in_air_and_its_base_still_answers(farm: TwinFarm, tmp_path: Path) -> None:
    board = farm.boards["panel-1"]
    rest_all(farm)
    (tmp_path / "broken.mpy").write_bytes(b"not bytecode")
    mpremote(board, "fs", "cp", str(tmp_path / "broken.mpy"), ":a/firmware/node/app.mpy")
    mpremote(board, "reset")
    eventually(lambda: all_allowed(farm), 5, "every relay without current")
    eventually(
        lambda: mbpoll(farm, "-t", "4", "-r", "0", "-c", "1", line="panels", unit_id=21).returncode == 0, 20, "the base"
    )
    status = dict(zip((name for name, _ in parse(STATUS.fields)), status_of(farm, "panels", 21), strict=True))
    assert (status["slot"], status["safe_boot"]) == (SLOT_BASE, SAFE_BOOT_APPLICATION_FAILS)
    assert all_allowed(farm)


def test_a_node_lives_with_a_small_heap(farm: TwinFarm) -> None:
    words = struct.pack(f">{STATUS.length}H", *read(farm, STATUS.address, STATUS.length, unit_id=13))
    free = struct.unpack_from(">I", words, 2 * offset(STATUS, "free_heap_bytes"))[0]
    errors = struct.unpack_from(">H", words, 2 * offset(STATUS, "errors_logged"))[0]
    assert free > 4000
    assert errors == 0

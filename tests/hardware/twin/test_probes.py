"""Real drivers on a real virtual board read simulated probes on every kind of bus."""

import json
import selectors
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware.build import ROOT, build_modules
from hardware import registers
from hardware.twin.board import Board, Rack
from hardware.twin.board.install import install
from hardware.twin.ponds import Basin, Biofloc, Pond
from hardware.twin.probes import Probes
from hardware.twin.probes.ds18b20 import rom_of
from hardware.twin.terminals import Terminal
from hardware.water import conductivity_ms_cm
from tests.hardware.twin.conftest import run_code

SOURCES = [
    *(f"firmware/node/{name}.py" for name in ("channel", "clock", "counters", "crc", "oxygen")),
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "firmware/node/probes").glob("*.py"))),
    "hardware/registers.py",
    "hardware/pins.py",
]
READ = """
import asyncio, json, time
from firmware.node.clock import Clock
from firmware.node.counters import Counters
from firmware.node.probes import make
from firmware.node.probes.buses import Buses
from firmware.node.probes.water import Water
class Known:
    salinity_psu = 15.0
    pressure_hpa = 1013.25
clock = Clock(time.ticks_ms, time.ticks_diff)
buses, water = Buses(Counters()), Water(Known())
probes = [make(entry, buses, water) for entry in json.loads(ENTRIES)]
async def run():
    for probe in probes:
        await probe.read(clock)
    for probe in probes:
        for channel in probe.channels:
            if not channel.derived:
                channel.settle(clock.uptime_ms())
    for probe in probes:
        probe.derive(clock.uptime_ms())
asyncio.run(run())
def shown(probe):
    return [[channel.quantity, str(channel.value), channel.quality] for channel in probe.channels]
print(json.dumps([[probe.serial.decode(), shown(probe)] for probe in probes]))
"""

DEPTH = {
    "kind": "loop",
    "input": 3,
    "quantity": registers.QUANTITY_DEPTH,
    "shunt_ohm": 100,
    "low": 0,
    "high": 5,
}
AMMONIUM = {
    "quantity": registers.QUANTITY_AMMONIUM,
    "register": 0x30,
    "type": "f32",
    "order": "CDAB",
    "low": 0,
    "high": 50,
}
SOLIDS = {
    "quantity": registers.QUANTITY_SUSPENDED_SOLIDS,
    "register": 2,
    "function": 4,
    "type": "u16",
    "scale": 0.1,
    "low": 0,
    "high": 5000,
}

Reading = tuple[str, dict[int, tuple[float, int]]]
MakeBench = Callable[..., "Bench"]


class Bench:
    """One board with probes in one pond."""

    def __init__(self, rack: Rack, folder: Path, entries: list[list[Any]]) -> None:
        basin = Basin(area_m2=1000, depth_m=1.3, stock_t_per_ha=50)
        self.pond = Pond(basin, Biofloc(basin), None, 15.0)
        self.entries = entries
        self.board = Board(rack, folder)
        self.terminal = Terminal(folder / "uart2")
        self.probes = Probes(self.pond, self.terminal, entries=entries, seed=7)
        self.probes.attach(self.board)
        rack.watch(self.terminal.master, selectors.EVENT_READ, self.probes.answer)
        self.board.start()

    def read(self) -> list[Reading]:
        """What the drivers on the board say, probe by probe."""
        said = json.loads(run_code(self.board, f"ENTRIES = {json.dumps(self.entries)!r}\n{READ}"))
        return [(serial, {c[0]: (float(c[1]), c[2]) for c in channels}) for serial, channels in said]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drivers and what they import, compiled as for a board, and a main.py that does nothing."""
    folder = tmp_path_factory.mktemp("image")
    build_modules(folder / "lib", SOURCES)
    (folder / "main.py").write_text("")
    return folder


@pytest.fixture
def make_bench(rack: Rack, image: Path, tmp_path: Path) -> Iterator[MakeBench]:
    benches: list[Bench] = []

    def make(*entries: list[Any]) -> Bench:
        install(tmp_path / "board", image, {})
        benches.append(Bench(rack, tmp_path / "board", list(entries)))
        return benches[-1]

    yield make
    for bench in benches:
        bench.board.stop()
        with rack.lock:
            rack.unwatch(bench.terminal.master)
        bench.terminal.close()


def fault(reason: int) -> int:
    return registers.BAD << 8 | reason


def qualities(readings: list[Reading]) -> set[int]:
    return {quality for _, channels in readings for _, quality in channels.values()}


def test_every_probe_on_the_serial_line(make_bench: MakeBench) -> None:
    bench = make_bench(
        ["y504", 1],
        ["y520", 2, {}],
        ["y532", 3, {"start": 0}],
        ["y510", 4],
        ["sen0681", 5],
        ["pzem004t", 6],
        ["modbus", 7, {"channels": [AMMONIUM, SOLIDS]}],
    )
    pond = bench.pond
    optical, salt, acid, murky, seawater, meter, described = bench.read()
    assert optical[1][registers.QUANTITY_DO][0] == pytest.approx(pond.do_mg_l, abs=0.15)
    assert seawater[1][registers.QUANTITY_DO][0] == pytest.approx(pond.do_mg_l, abs=0.15)
    assert optical[1][registers.QUANTITY_TEMPERATURE][0] == pytest.approx(pond.temperature_c, abs=0.1)
    assert salt[1][registers.QUANTITY_SALINITY][0] == pytest.approx(15.0, abs=0.1)
    assert acid[1][registers.QUANTITY_PH][0] == pytest.approx(pond.biology.ph(15.0), abs=0.05)
    assert murky[1][registers.QUANTITY_TURBIDITY][0] == pytest.approx(35.0)
    assert meter[1][registers.QUANTITY_CURRENT][0] == pytest.approx(4.7)
    assert meter[1][registers.QUANTITY_ENERGY][0] == pytest.approx(1234.5)
    assert described[1][registers.QUANTITY_AMMONIUM][0] == pytest.approx(0.4)
    assert described[1][registers.QUANTITY_SUSPENDED_SOLIDS][0] == pytest.approx(60.0)
    serials = [serial for serial, _ in (optical, salt, acid, murky)]
    assert serials == ["YL010000007001", "YL090000007002", "YL430000007003", "YL100000007004"]
    bench.probes.faults.garbled = True
    assert qualities(bench.read()) == {fault(registers.REASON_BAD_FRAME)}


def test_ezo_circuits_on_i2c(make_bench: MakeBench) -> None:
    bench = make_bench(["y504", 1], ["ezo_do", 0x61], ["ezo_orp", 0x62], ["ezo_ph", 0x63], ["ezo_ec", 0x64])
    pond = bench.pond
    _, oxygen, redox, acid, salt = bench.read()
    assert oxygen[1][registers.QUANTITY_DO][0] == pytest.approx(pond.do_mg_l, abs=0.15)
    assert redox[1][registers.QUANTITY_ORP][0] == pytest.approx(250.0)
    assert acid[1][registers.QUANTITY_PH][0] == pytest.approx(pond.biology.ph(15.0), abs=0.05)
    expected_ms_cm = conductivity_ms_cm(15.0, pond.temperature_c)
    assert salt[1][registers.QUANTITY_CONDUCTIVITY][0] == pytest.approx(expected_ms_cm, abs=0.2)
    assert salt[1][registers.QUANTITY_SALINITY][0] == pytest.approx(15.0, abs=0.1)
    assert (oxygen[0], acid[0]) == ("D.O.,2.16", "pH,2.16")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("syntax_error", registers.REASON_PROBE_FAULT),
        ("not_ready", registers.REASON_NOT_READY),
        ("dead", registers.REASON_TIMEOUT),
    ],
)
def test_a_sick_ezo_gives_a_reason_and_no_value(make_bench: MakeBench, name: str, reason: int) -> None:
    bench = make_bench(["ezo_ph", 0x63])
    setattr(bench.probes.faults, name, True)
    assert qualities(bench.read()) == {fault(reason)}


def test_analogue_probes_on_the_converter(make_bench: MakeBench) -> None:
    inputs = [{"kind": "ph", "input": 0}, {"kind": "do", "input": 1, "full_mv": 1500}, DEPTH]
    bench = make_bench(["y504", 1], ["ads1115", 0x48, {"inputs": inputs}])
    first = bench.read()
    analogue = bench.read()[1][1]
    assert first[1][1].keys() == analogue.keys()
    assert analogue[registers.QUANTITY_DO][0] == pytest.approx(bench.pond.do_mg_l, abs=0.15)
    assert analogue[registers.QUANTITY_DEPTH] == (pytest.approx(1.25, abs=0.01), 0)
    assert analogue[registers.QUANTITY_PH][0] == pytest.approx(bench.pond.biology.ph(15.0), abs=0.05)
    bench.probes.faults.loop_broken = True
    analogue = bench.read()[1][1]
    assert analogue[registers.QUANTITY_DEPTH][1] == fault(registers.REASON_LOOP)
    assert analogue[registers.QUANTITY_PH][1] == 0


def test_thermometers_on_one_wire(make_bench: MakeBench) -> None:
    water, air = rom_of(5).hex(), rom_of(6).hex()
    bench = make_bench(["ds18b20", water], ["ds18b20", air, {"air": 1}])
    inside, outside = bench.read()
    assert inside[1][registers.QUANTITY_TEMPERATURE][0] == pytest.approx(bench.pond.temperature_c, abs=0.1)
    assert outside[1][registers.QUANTITY_AIR_TEMPERATURE][0] == pytest.approx(25.5, abs=0.1)
    assert (inside[0], outside[0]) == (water, air)
    found = (
        "from machine import Pin; from onewire import OneWire; print([bytes(r).hex() for r in OneWire(Pin(27)).scan()])"
    )
    assert run_code(bench.board, found) == str([water, air])
    bench.probes.faults.power_on_value = True
    assert qualities(bench.read()) == {fault(registers.REASON_POWER_ON_VALUE)}
    bench.probes.faults.power_on_value = False
    bench.probes.faults.garbled = True
    assert qualities(bench.read()) == {fault(registers.REASON_BAD_FRAME)}


def test_a_board_without_probes_has_silent_buses(make_bench: MakeBench) -> None:
    bench = make_bench()
    bench.entries = [["ezo_ph", 0x63], ["ads1115", 0x48, {"inputs": [DEPTH]}], ["ds18b20", 0], ["y532", 1]]
    assert qualities(bench.read()) == {fault(registers.REASON_TIMEOUT)}


def test_a_pulled_a_frozen_and_a_drifting_probe(make_bench: MakeBench) -> None:
    bench = make_bench(["y504", 1], ["y520", 2])
    bench.probes.faults.frozen = True
    assert bench.read() == bench.read()
    bench.probes.heal()
    bench.probes.faults.drift_mg_l_per_h = -1.0
    bench.probes.step(1.0)
    assert bench.read()[0][1][registers.QUANTITY_DO][0] == pytest.approx(bench.pond.do_mg_l - 1.0, abs=0.15)
    bench.probes.heal()
    bench.probes.faults.pulled = True
    oxygen, salt = bench.read()
    assert oxygen[1][registers.QUANTITY_DO_SATURATION][0] == pytest.approx(100.0, abs=1.0)
    assert salt[1][registers.QUANTITY_CONDUCTIVITY][1] == fault(registers.REASON_NO_SIGNAL)

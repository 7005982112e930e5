"""The node's sums with the chip's numbers: 32-bit floats, small integers of 31 bits, ticks that wrap around."""

import itertools
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.node import oxygen
from firmware.node.channel import Channel, age_s, apply
from firmware.node.clock import Clock
from firmware.node.crc import crc16
from firmware.node.filters import Frozen, Rate, Timeout
from firmware.node.heartbeat import Heartbeat
from hardware.registers import BAD, GOOD, LIVE, REASON_FROZEN
from hardware.twin.board.tools import find_micropython
from hardware.water import conductivity_ms_cm, oxygen_solubility_mg_l, salinity_psu
from tests.firmware.limits import EXP, LOG, SQRT, Single, Ticks, single

ROOT = Path(__file__).parents[2]
DO_TOLERANCE_MG_L = 0.002
SALINITY_TOLERANCE_PSU = 0.0001
DAY_MS = 86_400_000


def clock_of(ticks: Ticks) -> Any:
    """The node's clock on these ticks."""
    made: Any = Clock
    return made(ticks.ticks_ms, ticks.ticks_diff)


@pytest.fixture
def chip(monkeypatch: pytest.MonkeyPatch) -> None:
    """oxygen.py with the chip's math module."""
    for name, function in (("exp", EXP), ("log", LOG), ("sqrt", SQRT)):
        monkeypatch.setattr(oxygen, name, function)


@pytest.mark.usefixtures("chip")
def test_oxygen_in_32_bits_is_right_to_the_display() -> None:
    worst = 0.0
    grid = itertools.product(range(0, 46, 1), range(0, 46, 5), (800, 900, 1013.25, 1100))
    for temperature_c, salinity, pressure_hpa in grid:
        computed = oxygen.do_mg_l(Single(1), Single(temperature_c), Single(salinity), Single(pressure_hpa))
        assert isinstance(computed, Single)
        worst = max(worst, abs(computed - oxygen_solubility_mg_l(temperature_c, salinity, pressure_hpa)))
    assert worst < DO_TOLERANCE_MG_L


@pytest.mark.usefixtures("chip")
def test_salinity_in_32_bits_is_right_to_the_display() -> None:
    worst = 0.0
    for temperature_c, salinity in itertools.product(range(5, 41), range(1, 43)):
        conductivity = conductivity_ms_cm(salinity, temperature_c)
        computed = oxygen.salinity_psu(Single(conductivity), Single(temperature_c))
        worst = max(worst, abs(computed - salinity_psu(conductivity, temperature_c)))
    assert worst < SALINITY_TOLERANCE_PSU


@given(st.floats(0, 250), st.floats(0.2, 5), st.floats(-20, 20))
def test_a_curve_in_32_bits_is_right_to_a_ten_thousandth(raw: float, gain: float, offset: float) -> None:
    curve = ((Single(-1e9), Single(gain), Single(offset)),)
    exact = gain * raw + offset
    assert apply(curve, Single(raw)) == pytest.approx(exact, rel=1e-6, abs=1e-4)


@given(st.floats(width=32, allow_nan=False), st.integers(0, 0xFFFF))
def test_registers_give_back_every_32_bit_value(value: float, quality: int) -> None:
    packed = struct.pack(">HfHH", 1, Single(value), quality, 0)
    assert len(packed) == 2 * LIVE.group_length
    assert struct.unpack(">HfHH", packed)[1:3] == (value, quality)


def test_what_the_chip_rounds_is_rounded_here() -> None:
    assert Single(0.1) == single(0.1) != 0.1
    assert float(Single(16777216) + 1) == 16777216
    assert float(1 - Single(1e-8)) == 1


@given(st.binary(min_size=1, max_size=256))
def test_the_crc_never_leaves_16_bits(frame: bytes) -> None:
    assert 0 <= crc16(bytearray(frame), 0, len(frame)) <= 0xFFFF


def test_counters_beyond_31_bits_reach_the_line_whole() -> None:
    script = (
        "import struct, binascii\n"
        "for n in (0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff):\n"
        "    b = bytearray(4)\n"
        "    struct.pack_into('>I', b, 0, n)\n"
        "    assert struct.unpack('>I', b)[0] == n and b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3] == n\n"
        "    assert (n + 1) & 0xffffffff == (0 if n == 0xffffffff else n + 1)\n"
        "assert binascii.crc32(b'123456789') == 0xcbf43926\n"
        "print(binascii.crc32(b'pondkeeper'))\n"
    )
    result = subprocess.run(
        [find_micropython(), "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 0


@given(st.integers(0, (1 << 30) - 1), st.lists(st.integers(0, 4 * DAY_MS), max_size=40))
def test_the_clock_counts_on_over_every_wrap(start: int, steps: list[int]) -> None:
    ticks = Ticks(start)
    clock = clock_of(ticks)
    passed = 0
    for step in steps:
        ticks.advance(step)
        passed += step
        assert clock.uptime_ms() == passed


def test_ages_and_filters_do_not_notice_the_wrap() -> None:
    ticks = Ticks((1 << 30) - 90_000)
    clock = clock_of(ticks)
    channel = Channel(2, 0.0, 250.0)
    channel.filters += [Timeout(3), Rate(40.0, 120.0), Frozen(1_800_000, 3_600_000)]
    for minute in range(30):
        channel.put(55.0, clock.uptime_ms())
        channel.settle(clock.uptime_ms())
        assert channel.quality == GOOD << 8, minute
        assert age_s(channel.read_ms, clock.uptime_ms()) == 0
        ticks.advance(60_000)
    for _ in range(31):
        channel.put(55.0, clock.uptime_ms())
        channel.settle(clock.uptime_ms())
        ticks.advance(60_000)
    assert channel.quality == BAD << 8 | REASON_FROZEN


def test_uptime_of_years_still_gives_ages_and_registers() -> None:
    ticks = Ticks()
    clock = clock_of(ticks)
    for _ in range(5 * 365):
        ticks.advance(DAY_MS)
        clock.uptime_ms()
    now_ms = clock.uptime_ms()
    assert now_ms == 5 * 365 * DAY_MS
    assert age_s(now_ms - 9000, now_ms) == 9
    assert 0 <= now_ms & 0xFFFFFFFF < 1 << 32


def test_the_watchdog_is_fed_over_the_wrap_and_not_behind_a_dead_task() -> None:
    ticks = Ticks((1 << 30) - 500)
    clock = clock_of(ticks)
    fed: list[int] = []
    heartbeat = Heartbeat(clock, lambda: fed.append(ticks.count))
    heartbeat.expect("line", 1000)
    for _ in range(4):
        ticks.advance(300)
        heartbeat.mark("line")
        heartbeat.check()
    ticks.advance(1500)
    heartbeat.check()
    assert len(fed) == 4

"""Lines of each kind: serial, a transparent converter, Modbus TCP; what is not by the book; and ports that come and go."""

import asyncio
import time
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.bus.device import Device, Pace
from gateway.bus.errors import BusError, LineDown, NoReply, Refused
from gateway.bus.framing import Mbap
from gateway.bus.line import Line
from gateway.bus.lines import make_line
from gateway.bus.request import (
    COIL_TOGGLE,
    READ_COILS,
    READ_INPUT,
    Request,
    bits_of,
    read_bits,
    read_words,
    words_of,
    write_bits,
    write_one,
)
from gateway.bus.settings import LineSettings
from hardware.twin.foreign.drives import Gd20
from hardware.twin.foreign.probes import Yosemitech
from hardware.twin.foreign.pzem import Pzem
from hardware.twin.foreign.slave import Slave
from hardware.twin.foreign.waveshare import WaveshareRelay
from hardware.twin.foreign.wired import SerialSlaves, TcpSlaves

RESET = Request(b"\x42", b"\x42", 1)


def devices() -> list[Slave]:
    meter = Pzem(3)
    meter.energy_wh = 70000
    meter.load(1234.5)
    return [WaveshareRelay(1), Yosemitech(2, "y504"), meter, Gd20(4)]


async def all_functions(line: Line) -> None:
    """What every way has to carry."""
    await line.ask(1, write_bits(0, [True, False, True, False, False, False, False, False]), 0.3)
    await line.ask(1, write_one(5, 1, COIL_TOGGLE), 0.3)
    assert bits_of(await line.ask(1, read_bits(READ_COILS, 0, 8), 0.3), 8) == [True, True, True, *[False] * 5]
    assert await line.ask(2, read_words(3, 0x2500, 0), 0.3) == b"\x03\x00"
    assert words_of(await line.ask(3, read_words(READ_INPUT, 5, 2), 0.3)) == [70000 & 0xFFFF, 70000 >> 16]
    assert await line.ask(3, RESET, 0.3) == b"\x42"
    assert words_of(await line.ask(3, read_words(READ_INPUT, 5, 2), 0.3)) == [0, 0]
    await line.ask(4, write_one(6, 0x2001, 4000), 0.3)
    await line.write(4, 0x2000, [1, 4500], 0.3)
    assert await line.read(4, 0x3000, 2, 0.3) == [4500, 4500]
    with pytest.raises(Refused) as refused:
        await line.read(4, 0x7000, 1, 0.3)
    assert refused.value.code == 2


async def test_a_serial_line_carries_every_function(tmp_path: Path) -> None:
    slaves = SerialSlaves(tmp_path / "port", devices())
    line = make_line(LineSettings(id="a", port=str(tmp_path / "port"), stop_bits=2))
    await all_functions(line)
    line.close()
    slaves.close()


@pytest.mark.parametrize("way", ["rtu_over_tcp", "modbus_tcp"])
async def test_a_converter_carries_every_function_and_may_go_and_come(way: str) -> None:
    slaves = TcpSlaves(devices(), mbap=way == "modbus_tcp")
    line = make_line(LineSettings.model_validate({"id": "a", way: f"127.0.0.1:{slaves.port}"}))
    await all_functions(line)
    slaves.close()
    with pytest.raises(LineDown):
        await line.read(4, 0x3000, 1, 0.3)
    again = TcpSlaves(devices(), mbap=way == "modbus_tcp", port=slaves.port)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            assert await line.read(4, 0x3000, 1, 0.3) == [0]
            break
        except BusError:
            await asyncio.sleep(0.1)
    else:
        pytest.fail("the line did not come back")
    line.close()
    again.close()


async def test_a_converter_without_power_is_named_with_what_to_do() -> None:
    slaves = TcpSlaves([], mbap=True)
    slaves.close()
    line = make_line(LineSettings(id="a", modbus_tcp=f"127.0.0.1:{slaves.port}"))
    with pytest.raises(LineDown, match="Has the converter power"):
        await line.read(1, 0, 1, 0.1)


async def test_a_converter_that_finds_nobody_counts_as_silence() -> None:
    slaves = TcpSlaves(devices(), mbap=True)
    line = make_line(LineSettings(id="a", modbus_tcp=f"127.0.0.1:{slaves.port}"))
    with pytest.raises(NoReply) as silence:
        await line.read(99, 0, 1, 0.3)
    assert not silence.value.heard
    line.close()
    slaves.close()


def test_an_answer_with_another_number_is_never_believed() -> None:
    framing = Mbap()
    request = read_words(3, 0, 1)
    first = framing.wrap(5, request)
    second = framing.wrap(5, request)
    late, right = (frame[:4] + b"\x00\x05\x05\x03\x02" for frame in (first, second))
    assert framing.find(late + b"\x00\x01") is None
    assert framing.find(late + b"\x00\x01" + right + b"\x00\x02") == b"\x03\x02\x00\x02"


async def test_a_device_that_needs_rest_after_a_message_gets_it(tmp_path: Path) -> None:
    slaves = SerialSlaves(tmp_path / "port", devices())
    line = Line(str(tmp_path / "port"), baud=115200)
    rested = Device(line, 4, pace=Pace(gap_s=0.1))
    await rested.ask(read_words(3, 0x3000, 1))
    began = time.monotonic()
    await line.read(1, 0x8000, 1, 0.3)
    assert time.monotonic() - began >= 0.09
    line.close()
    slaves.close()


@pytest.mark.parametrize(
    "wrong",
    [{}, {"port": "/dev/x", "modbus_tcp": "a:1"}, {"modbus_tcp": "no-port"}, {"port": "/dev/x", "parity": "E"}],
)
def test_a_line_has_one_way_and_known_words(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        LineSettings.model_validate({"id": "a", **wrong})

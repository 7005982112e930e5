"""One line: no wrong value, whatever the device does; relay commands first; a sick device harms only itself."""

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.bus.device import Device
from gateway.bus.errors import BusError, LineDown, NoReply, Refused, WrongBlock
from gateway.bus.line import Line
from gateway.bus.turns import POLL, RELAY, Turns
from hardware.registers import LIVE, PANEL
from hardware.twin.probes import crc16
from hardware.twin.rude import Answer, RawSlave, reply
from tests.faults import Fault

MakeSlave = Callable[[Answer], Line]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeSlave]:
    slaves: list[RawSlave] = []

    def made(answer: Answer) -> Line:
        slaves.append(RawSlave(tmp_path / "port", answer))
        return Line(str(tmp_path / "port"), baud=115200, turnaround_s=0.1)

    yield made
    for slave in slaves:
        slave.close()


async def test_reads_registers(make: MakeSlave) -> None:
    line = make(lambda unit, address, count: (0, reply(unit, [address + n for n in range(count)])))
    assert await line.read(5, 100, 3, 0.2) == [100, 101, 102]
    line.close()


@pytest.mark.parametrize(
    ("kind", "bytes_of"),
    [
        ("silence", lambda unit, count: b""),
        ("another unit", lambda unit, count: reply(unit + 1, [9] * count)),
        ("too few", lambda unit, count: reply(unit, [9] * (count - 1))),
        ("too many", lambda unit, count: reply(unit, [9] * (count + 1))),
        ("bad CRC", lambda unit, count: reply(unit, [9] * count)[:-1] + b"\x00"),
        ("cut short", lambda unit, count: reply(unit, [9] * count)[:-3]),
        ("another function", lambda unit, count: _sealed(bytes((unit, 4, 2 * count)) + bytes(2 * count))),
    ],
)
async def test_no_wrong_frame_is_taken(make: MakeSlave, kind: str, bytes_of: Callable[[int, int], bytes]) -> None:
    line = make(lambda unit, address, count: (0, bytes_of(unit, count)))
    with pytest.raises(NoReply) as caught:
        await line.read(5, 0, 4, 0.05)
    assert caught.value.heard == (kind != "silence")
    line.close()


def _sealed(body: bytes) -> bytes:
    return body + crc16(body)


async def test_noise_and_a_neighbours_frame_before_the_reply_do_no_harm(make: MakeSlave) -> None:
    line = make(lambda unit, address, count: (0, b"\x00\xff" + reply(9, [1]) + reply(unit, [7] * count)))
    assert await line.read(5, 0, 2, 0.2) == [7, 7]
    line.close()


async def test_an_exception_of_the_device_is_told(make: MakeSlave) -> None:
    line = make(lambda unit, address, count: (0, _sealed(bytes((unit, 0x83, 2)))))
    with pytest.raises(Refused) as caught:
        await line.read(5, 0, 2, 0.2)
    assert caught.value.code == 2
    line.close()


@pytest.mark.fault("4", "a reply comes after its deadline, in the shape of the next one")
async def test_late_replies_are_never_the_answer_to_the_next_request(make: MakeSlave, fault: Fault) -> None:
    chance = random.Random(1)
    line = make(lambda unit, address, count: (chance.uniform(0.0, 0.11), reply(unit, [address] * count)))
    right = wrong = missing = 0
    for number in range(60):
        try:
            values = await line.read(5, number, 2, 0.05)
        except NoReply:
            missing += 1
            continue
        if values == [number, number]:
            right += 1
        else:
            wrong += 1
    assert wrong == 0
    assert right > 10
    assert missing > 10
    assert line.statistics.late_frames > 10
    line.close()
    fault.measured(
        aerators="not concerned (the line alone)",
        lost=f"nothing wrong taken: {right} right, {missing} unanswered, {wrong} wrong",
        told="late frames are counted",
    )


@pytest.mark.parametrize("late_s", [0.27, 0.32, 0.37])
async def test_a_reply_later_than_any_turnaround_does_not_fit_the_next_request(make: MakeSlave, late_s: float) -> None:
    """The reply comes while the next one is waited for; the block's spare register tells them apart."""
    line = make(lambda unit, address, count: (late_s, reply(unit, [LIVE.number, *[count] * (count - 1)])))
    device = Device(line, 5)
    for _ in range(2):
        assert device.due()
        with pytest.raises((NoReply, LineDown)):
            await device.read(LIVE, 14)
    assert not device.due()
    line.close()


async def test_another_blocks_registers_are_refused(make: MakeSlave) -> None:
    line = make(lambda unit, address, count: (0, reply(unit, [PANEL.number] * count)))
    with pytest.raises(WrongBlock):
        await Device(line, 5).read(LIVE, 14)
    line.close()


async def test_a_missing_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    line = Line(str(tmp_path / "nothing"), baud=19200)
    with pytest.raises(LineDown, match="Is the adapter plugged in"):
        await line.read(1, 0, 1, 0.1)


async def test_the_port_comes_back_under_the_same_path(tmp_path: Path) -> None:
    slave = RawSlave(tmp_path / "port", lambda unit, address, count: (0, reply(unit, [1] * count)))
    line = Line(str(tmp_path / "port"), baud=19200)
    assert await line.read(1, 0, 1, 0.2) == [1]
    slave.close()
    with pytest.raises(BusError):
        await line.read(1, 0, 1, 0.2)
    again = RawSlave(tmp_path / "port", lambda unit, address, count: (0, reply(unit, [2] * count)))
    for _ in range(30):
        try:
            assert await line.read(1, 0, 1, 0.2) == [2]
            break
        except BusError:
            await asyncio.sleep(0.1)
    else:
        pytest.fail("the line did not come back")
    again.close()
    line.close()


async def test_relay_commands_go_before_polls() -> None:
    turns = Turns()
    order = []

    async def work(name: str, urgency: int) -> None:
        async with turns.take(urgency):
            order.append(name)
            await asyncio.sleep(0.001)

    await asyncio.gather(work("first", POLL), work("poll 1", POLL), work("poll 2", POLL), work("relay", RELAY))
    assert order == ["first", "relay", "poll 1", "poll 2"]


async def test_a_cancelled_waiter_does_not_keep_the_turn() -> None:
    turns = Turns()
    await turns.acquire(POLL)
    waiting = asyncio.create_task(turns.acquire(POLL))
    await asyncio.sleep(0)
    waiting.cancel()
    turns.release()
    await asyncio.wait_for(turns.acquire(POLL), 1)


async def test_a_silent_device_is_left_alone_longer_and_longer(make: MakeSlave) -> None:
    now_s = [0.0]
    line = make(lambda unit, address, count: (0, b""))
    device = Device(line, 5, monotonic=lambda: now_s[0])
    waits = []
    for _ in range(9):
        with pytest.raises(NoReply):
            await device.read(LIVE, 14)
        waits.append(device.retry_in_s())
        now_s[0] += device.retry_in_s()
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    line.close()


async def test_a_noisy_line_keeps_trying(make: MakeSlave) -> None:
    now_s = [0.0]
    line = make(lambda unit, address, count: (0, b"\x01\x02\x03"))
    device = Device(line, 5, monotonic=lambda: now_s[0])
    for _ in range(6):
        with pytest.raises(NoReply):
            await device.read(LIVE, 14)
    assert device.retry_in_s() == 2
    line.close()

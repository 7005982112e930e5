"""The guest door: a technician asks nodes while the gateway polls; a guest harms nobody and commands nothing."""

import asyncio
import contextlib
import stat
import struct
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from firmware.field import guest
from firmware.field.doors import GuestDoor as Seat
from firmware.field.rtu import NoAnswer, Rtu, read_request, sealed, write_request
from firmware.field.rtu import Refused as RefusedToTool
from firmware.field.trouble import Trouble
from gateway.bus.guest import GuestDoor
from gateway.bus.line import Line
from gateway.bus.turns import GUEST, POLL, RELAY, Turns
from hardware.registers import ACKNOWLEDGE, CHUNK, COMMAND, Block
from hardware.twin.rude import RawSlave, reply


class Farm:
    """A line with one obedient slave behind it, and the door to it."""

    def __init__(self, folder: Path, **options: float) -> None:
        self.folder = folder
        self.answer = lambda unit, address, count: (0.0, reply(unit, [address + n for n in range(count)]))
        self.slave = self.plug()
        self.line = Line(str(folder / "port"), baud=115200, turnaround_s=0.02)
        self.door = GuestDoor(self.line, folder / "line-ponds.sock", **options)
        self.task = asyncio.create_task(self.door.run())

    def plug(self) -> RawSlave:
        return RawSlave(self.folder / "port", lambda unit, address, count: self.answer(unit, address, count))

    async def opened(self) -> None:
        for _ in range(300):
            if self.door.path.exists():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the door stayed shut")

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        await self.opened()
        return await asyncio.open_unix_connection(str(self.door.path))

    async def ask(self, frame: bytes, size: int) -> bytes:
        reader, writer = await self.connect()
        writer.write(frame)
        got = await asyncio.wait_for(reader.readexactly(size), 3)
        writer.close()
        await asyncio.sleep(0.02)
        return got

    async def close(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        self.line.close()
        self.slave.close()


@pytest.fixture
async def farm(tmp_path: Path) -> AsyncIterator[Farm]:
    made = Farm(tmp_path)
    yield made
    await made.close()


async def test_a_guest_reads_registers(farm: Farm) -> None:
    got = await farm.ask(read_request(11, 100, 3), 11)
    assert got == reply(11, [100, 101, 102])


async def test_a_guest_writes_registers(farm: Farm) -> None:
    farm.answer = lambda unit, address, count: (0.0, sealed(struct.pack(">BBHH", unit, 16, address, count)))
    got = await farm.ask(write_request(11, CHUNK.address, [7] * CHUNK.length), 8)
    assert got == sealed(struct.pack(">BBHH", 11, 16, CHUNK.address, CHUNK.length))


@pytest.mark.parametrize("block", [COMMAND, ACKNOWLEDGE])
async def test_a_guest_commands_no_relay_and_forgets_no_sample(farm: Farm, block: Block) -> None:
    for address, count in ((block.address, block.length), (block.address - 2, 3), (block.address + 1, 1)):
        got = await farm.ask(write_request(21, address, [0] * count), 5)
        assert got == sealed(bytes((21, 0x90, 1)))
    assert farm.slave.requests == []


async def test_silence_garbage_refusal_and_a_lost_port_are_told_apart(farm: Farm) -> None:
    farm.answer = lambda unit, address, count: (0.0, b"")
    assert (await farm.ask(read_request(11, 0, 2), 5))[2] == guest.SILENT
    farm.answer = lambda unit, address, count: (0.0, b"\x55\xaa\x55")
    assert (await farm.ask(read_request(11, 0, 2), 5))[2] == guest.GARBLED
    farm.answer = lambda unit, address, count: (0.0, sealed(bytes((unit, 0x83, 2))))
    assert (await farm.ask(read_request(11, 0, 2), 5))[2] == 2
    farm.slave.close()
    assert (await farm.ask(read_request(11, 0, 2), 5))[2] == guest.LINE_DOWN
    farm.slave = farm.plug()


@pytest.mark.parametrize(
    "frame",
    [
        sealed(b"\x0b\x05\x00\x00\xff\x00"),
        read_request(11, 0, 2)[:-1] + b"\x00",
        read_request(0, 0, 2),
        read_request(248, 0, 2),
        read_request(11, 0, 126),
        read_request(11, 0, 0),
        sealed(b"\x0b\x10\x00\x00\x00\x02\x02\x00\x01"),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_guest_who_does_not_speak_modbus_is_sent_away(farm: Farm, frame: bytes) -> None:
    reader, writer = await farm.connect()
    writer.write(frame)
    assert await asyncio.wait_for(reader.read(), 3) == b""
    writer.close()
    assert farm.slave.requests == []


async def test_one_guest_at_a_time_and_the_next_when_it_has_left(farm: Farm) -> None:
    reader, writer = await farm.connect()
    writer.write(read_request(11, 0, 1))
    assert await asyncio.wait_for(reader.readexactly(7), 3) == reply(11, [0])
    second, second_writer = await farm.connect()
    assert await asyncio.wait_for(second.read(), 3) == b""
    second_writer.close()
    writer.close()
    await asyncio.sleep(0.05)
    assert await farm.ask(read_request(11, 5, 1), 7) == reply(11, [5])


async def test_an_idle_guest_makes_room(tmp_path: Path) -> None:
    farm = Farm(tmp_path, idle_s=0.1)
    reader, writer = await farm.connect()
    writer.write(b"\x0b\x03")
    assert await asyncio.wait_for(reader.read(), 3) == b""
    writer.close()
    await farm.close()


async def test_a_dead_guest_costs_nothing(farm: Farm) -> None:
    _, writer = await farm.connect()
    writer.write(read_request(11, 0, 1))
    writer.transport.abort()
    await asyncio.sleep(0.1)
    assert await farm.line.read(11, 40, 1, 0.2) == [40]


async def test_only_the_owner_may_come_in_and_the_door_is_gone_with_the_gateway(farm: Farm) -> None:
    await farm.opened()
    await asyncio.sleep(0.05)
    assert stat.S_IMODE(farm.door.path.stat().st_mode) == 0o600
    farm.task.cancel()
    await asyncio.gather(farm.task, return_exceptions=True)
    assert not farm.door.path.exists()


async def test_relays_and_polls_go_before_a_guest() -> None:
    turns = Turns()
    order = []

    async def work(name: str, urgency: int) -> None:
        async with turns.take(urgency):
            order.append(name)
            await asyncio.sleep(0.001)

    await turns.acquire(POLL)
    tasks = [asyncio.create_task(work(*item)) for item in (("guest", GUEST), ("poll", POLL), ("relay", RELAY))]
    await asyncio.sleep(0)
    turns.release()
    await asyncio.gather(*tasks)
    assert order == ["relay", "poll", "guest"]


async def test_a_busy_guest_leaves_the_others_their_share(tmp_path: Path) -> None:
    farm = Farm(tmp_path, share=0.25)
    farm.answer = lambda unit, address, count: (0.02, reply(unit, [0] * count))
    reader, writer = await farm.connect()
    started = time.monotonic()
    for _ in range(10):
        writer.write(read_request(11, 0, 1))
        await asyncio.wait_for(reader.readexactly(7), 3)
    took_s = time.monotonic() - started
    writer.close()
    assert farm.line.statistics.busy_s < 0.33 * took_s
    await farm.close()


async def test_the_technicians_own_master_sits_at_the_door(farm: Farm) -> None:
    await farm.opened()

    def talk() -> None:
        rtu = Rtu(Seat(str(farm.door.path), 115200))
        assert rtu.read(11, 7, 2) == [7, 8]
        with pytest.raises(RefusedToTool):
            rtu.write(21, COMMAND.address, [1, 0, 600, 0])
        farm.answer = lambda unit, address, count: (0.0, b"")
        with pytest.raises(NoAnswer) as caught:
            rtu.read(11, 7, 2, retries=0)
        assert not caught.value.heard
        assert (rtu.counts.replies, rtu.counts.silent) == (2, 1)
        rtu.close()

    await asyncio.to_thread(talk)


async def test_the_tool_says_that_the_seat_is_taken(farm: Farm) -> None:
    _, sitting = await farm.connect()

    def talk() -> None:
        rtu = Rtu(Seat(str(farm.door.path), 115200))
        with pytest.raises(Trouble) as caught:
            rtu.read(11, 7, 2)
        assert caught.value.code == "E-PORT-36"

    await asyncio.to_thread(talk)
    sitting.close()

"""A node's own memory, the device's real code, wired to the gateway without a line between them; both clocks in hand."""

import contextlib
import struct
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from firmware.node.bank import Bank
from firmware.node.channel import Channel
from firmware.node.log import Log
from firmware.node.ring import Ring
from firmware.node.sampler import Sampler
from gateway.bus.blocks import FORMATS
from gateway.bus.node import Node, UnusableNode
from gateway.bus.samples import Sample
from hardware.registers import IDENTITY, MAGIC, MAP_VERSION, ROLE_POND, STATUS, Block, parse
from tests.gateway.farms import Steps

PERIOD_S = 10.0


def put(block: Block, image: bytearray, **values: int) -> None:
    """Fill named fields of a block, the others with zero."""
    given = {"block": block.number, **values}
    form = ">" + "".join(FORMATS[kind] for _, kind in parse(block.fields))
    struct.pack_into(form, image, 0, *(given.get(name, 0) for name, _ in parse(block.fields)))


class Board:
    """One boot of a node with two channels; the log's folder outlives it."""

    def __init__(self, clock: Steps, folder: Path, boot: int, slots: int = 48) -> None:
        self.booted_s = clock.now_s
        self.boot = boot
        self._clock = clock
        ring = Ring(bytearray(20 * slots), 2)
        log = Log(str(folder), 2, 10080, boot, lambda: 1 << 24)
        settings = SimpleNamespace(log_period_s=60, sample_period_ms=int(1000 * PERIOD_S))
        self.sampler = Sampler([Channel(1), Channel(3)], ring, self, boot, settings, log)  # type: ignore[arg-type]
        self.bank = Bank()
        self.sampler.serve(self.bank)
        self.bank.add(IDENTITY, self._identity)
        self.bank.add(STATUS, self._status)

    def uptime_ms(self) -> int:
        """Milliseconds since this boot."""
        return int((self._clock.now_s - self.booted_s) * 1000)

    def _identity(self, image: bytearray) -> None:
        put(IDENTITY, image, magic=MAGIC, map_version=MAP_VERSION, role=ROLE_POND, channels=2, boot_id=self.boot)

    def _status(self, image: bytearray) -> None:
        put(STATUS, image, boot_id=self.boot, samples_dropped=self.sampler.memory.dropped)

    def tend(self) -> None:
        """All the work on flash that waits."""
        while self.sampler.memory.tend():
            pass


class Wire:
    """Stands where gateway.bus.device.Device does; None for a board means nobody answers, and nobody asks."""

    unit_id = 11
    latency_s = 0.01
    garbled_in_a_row = 0

    def __init__(self) -> None:
        self.board: Board | None = None
        self.asked: list[Block] = []
        self.written: list[tuple[Block, list[int]]] = []
        self.line = SimpleNamespace(read_time_s=lambda count: 0.0)

    def due(self) -> bool:
        """It is never left alone."""
        return True

    async def read(self, block: Block, count: int, urgency: int = 1) -> list[int]:
        """Registers of the board, then its work after the answer."""
        assert self.board is not None
        self.asked.append(block)
        frame = bytearray(2 * count)
        self.board.bank.read(block.address, count, frame, 0)
        self.board.tend()
        return list(struct.unpack(f">{count}H", frame))

    async def write(self, block: Block, words: list[int], urgency: int = 1) -> None:
        """Registers to the board."""
        assert self.board is not None
        self.written.append((block, words))
        self.board.bank.write(block.address, len(words), bytearray(struct.pack(f">{len(words)}H", *words)), 0)
        self.board.tend()

    def writes(self, block: Block) -> list[list[int]]:
        """What was written to a block."""
        return [words for one, words in self.written if one is block]


@dataclass
class Journal:
    """A ledger that is safe at once, or when told."""

    committed: int = 0
    prompt: bool = True
    samples: list[Sample] = field(default_factory=list)
    losses: dict[tuple[str, int], int] = field(default_factory=dict)

    def lost(self, node: str, boot: int, samples: int) -> None:
        """Remember it."""
        self.losses[node, boot] = samples

    def put(self, sample: Sample) -> int:
        """Keep it."""
        self.samples.append(sample)
        if self.prompt:
            self.committed = len(self.samples)
        return len(self.samples)

    def kept(self, boot: int) -> list[int]:
        """The sequences of a boot, each once, in order."""
        return sorted({sample.sequence for sample in self.samples if sample.boot == boot})


class Farm:
    """One node, its boards one after another, and the gateway's side of it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Steps()
        self.folder = folder
        self.wire = Wire()
        self.journal = Journal()
        self.fresh: list[Sample] = []
        self.events: list[str] = []
        self.start_gateway()
        self.boot(7)

    def start_gateway(self) -> None:
        """A gateway that has just started."""
        self.node = Node(
            self.wire,  # type: ignore[arg-type]
            "node-1",
            self.journal,
            lambda _, sample: self.fresh.append(sample),
            lambda kind, _: self.events.append(kind),
            self.clock.clock(),
        )

    def boot(self, boot: int, slots: int = 48) -> Board:
        """The board starts, with what its flash kept."""
        self.board = Board(self.clock, self.folder / "log", boot, slots)
        self.wire.board = self.board
        return self.board

    def alone(self, samples: int) -> None:
        """The board lives on while nobody asks."""
        for _ in range(samples):
            self.clock.forward(PERIOD_S)
            self.board.sampler.take()
            self.board.tend()

    async def watched(self, samples: int, fetch: bool = True) -> None:
        """The board lives on and the gateway polls it twice a sample."""
        for _ in range(samples):
            self.alone(1)
            for _ in range(2):
                await self.node.poll()
                if fetch and self.node.behind:
                    await self.node.fetch()

    async def catch_up(self) -> int:
        """Polls and fetches until nothing is behind; returns how many windows that took."""
        windows = 0
        with contextlib.suppress(UnusableNode):
            await self.node.poll()
        for _ in range(2000):
            if self.node.behind:
                await self.node.fetch()
                windows += 1
            await self.node.poll()
            self.clock.forward(0.01)
            if not self.node.behind and not self.board.sampler.memory.unread:
                return windows
        raise AssertionError("never caught up")

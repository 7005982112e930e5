"""One of our nodes on a line: who it is, its newest sample, and what it kept while nobody listened."""

import struct
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from gateway.bus import blocks
from gateway.bus.device import Device
from gateway.bus.errors import BusError, WrongBlock
from gateway.bus.samples import Sample, make_reading
from hardware.registers import (
    ACKNOWLEDGE,
    COMMAND,
    DISCOVERY,
    IDENTITY,
    LIVE,
    MAGIC,
    MAP_VERSION,
    MAX_CHANNELS,
    PANEL,
    RING,
    ROLE_PANEL,
    STATUS,
)

SUSPICIOUS_FAILURES = 4
DISCOVERY_READS = 12
DISCOVERY_SLOTS = 4
DISCOVERY_MARGIN_S = 0.015
DISCOVERY_PERIOD_S = 2.5
RECHECK_S = 60.0


class Ledger(Protocol):
    """Where samples go; a ticket is given for each and `committed` is the highest that is safe on disk."""

    committed: int

    def put(self, sample: Sample) -> int: ...


class TwinSearch:
    """Are there two nodes with one unit id?

    A node answers a discovery read after a random time, so two of them are both heard within a few reads. The reads are
    far apart, for each keeps the line busy. While twins are known the search begins anew every minute.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.found: tuple[str, ...] = ()
        self._monotonic = monotonic
        self._left = 0
        self._next_s = 0.0
        self._seen: set[str] = set()

    @property
    def searching(self) -> bool:
        """True until the search has its answer."""
        return self._left > 0

    def begin(self) -> None:
        """Something is odd: search, unless that was done within the last minute."""
        if not self.searching and self._monotonic() >= self._next_s:
            self._left = DISCOVERY_READS
            self._seen = set()

    def due(self) -> bool:
        """True when it is time for the next discovery read."""
        if self.found:
            self.begin()
        return self.searching and self._monotonic() >= self._next_s

    def saw(self, hardware_id: str | None) -> None:
        """Who answered the read, None for nobody. Two different ones end the search."""
        self._left -= 1
        self._next_s = self._monotonic() + DISCOVERY_PERIOD_S
        if hardware_id is not None:
            self._seen.add(hardware_id)
        if len(self._seen) > 1 or self._left == 0:
            self._left = 0
            self._next_s = self._monotonic() + RECHECK_S
            if self._seen:
                self.found = tuple(sorted(self._seen)) if len(self._seen) > 1 else ()


class UnusableNode(BusError):
    """What answers at this unit id is not a node that this gateway can use."""


class Node:
    """Polls one node and brings each of its samples into the ledger once.

    `on_sample` gets new samples only; `on_event(kind, text)` what people should know.
    """

    def __init__(
        self,
        device: Device,
        name: str,
        ledger: Ledger,
        on_sample: Callable[["Node", Sample], None],
        on_event: Callable[[str, str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = device
        self.name = name
        self.identity: blocks.Identity | None = None
        self.duplicates: tuple[str, ...] = ()
        self.samples_lost = 0
        self._ledger = ledger
        self._on_sample = on_sample
        self._on_event = on_event
        self._monotonic = monotonic
        self._quantities: tuple[str, ...] = ()
        self._newest = 0
        self._complete = 0
        self._newest_taken = (0.0, 0)
        self._owed: deque[tuple[int, int]] = deque()
        self._acknowledged = 0
        self._safe = 0
        self._shown = 0
        self._twins = TwinSearch(monotonic)
        self._hardware_id = ""
        self._boot: int | None = None
        self._reported = ""

    @property
    def usable(self) -> bool:
        """False while two nodes share this unit id."""
        return not self.duplicates

    async def poll(self) -> None:
        """One round: identity if unknown, the newest sample, a window of older ones, an acknowledgement.

        Raises BusError when the node does not answer as it should.
        """
        if self._twins.due():
            await self._search_twins()
        if self.duplicates:
            raise UnusableNode(self._shared_address())
        try:
            await self._poll()
        except WrongBlock:
            self.identity = None
            raise
        except (struct.error, ValueError) as error:
            self.identity = None
            raise UnusableNode(f"{self.name}: a block that makes no sense ({error})") from error
        except BusError:
            if self.device.garbled_in_a_row >= SUSPICIOUS_FAILURES:
                self._twins.begin()
            raise

    async def _poll(self) -> None:
        if self.identity is None:
            await self._identify()
        assert self.identity is not None
        await self._read_live(self.identity)
        if self._newest > self._complete:
            await self._read_ring(self.identity)
        await self._acknowledge(self.identity)

    async def _identify(self) -> None:
        words = await self.device.read(IDENTITY, IDENTITY.length)
        found = blocks.identity(words)
        if found.magic != MAGIC or found.map_version != MAP_VERSION:
            raise UnusableNode(
                f"{self.name}: map version {found.map_version}, this gateway speaks {MAP_VERSION}; update the older one"
            )
        if self._hardware_id not in ("", found.hardware_id):
            self._twins.begin()
        self._hardware_id = found.hardware_id
        if found.boot != self._boot:
            self._new_boot(found)
        self.identity = found

    def _new_boot(self, found: blocks.Identity) -> None:
        again = self._boot is not None
        self._boot = found.boot
        self._newest = self._complete = self._acknowledged = self._safe = self._shown = 0
        self._owed.clear()
        if again:
            self._on_event("node_boot", f"{self.name}: node {found.hardware_id} booted (boot {found.boot:08x})")

    async def _read_live(self, identity: blocks.Identity) -> None:
        channels = min(identity.channels, MAX_CHANNELS)
        words = await self.device.read(LIVE, LIVE.head_length + LIVE.group_length * channels)
        now_s = self._monotonic()
        live = blocks.live(words, channels)
        if live.boot != identity.boot:
            self.identity = None
            raise UnusableNode(f"{self.name}: the node booted anew")
        if live.sequence == 0:
            return
        taken_s = now_s - live.age_s
        self._newest_taken = (taken_s, live.uptime_ms)
        if live.sequence <= self._newest:
            return
        sample = Sample(
            node=identity.hardware_id,
            boot=live.boot,
            sequence=live.sequence,
            taken_s=taken_s,
            readings=live.readings,
        )
        self._quantities = live.quantities
        if live.sequence > self._shown:
            self._shown = live.sequence
            self._on_sample(self, sample)
        ticket = self._ledger.put(sample)
        self._newest = live.sequence
        if live.sequence == self._complete + 1:
            self._completed(live.sequence, ticket)

    async def _read_ring(self, identity: blocks.Identity) -> None:
        if self._owed or self._safe > self._acknowledged:
            return
        boot, _, records = blocks.ring(await self.device.read(RING, RING.length - RING.spare))
        if boot != identity.boot or not records:
            return
        if records[0].sequence > self._complete + 1 and self._complete > 0:
            lost = records[0].sequence - self._complete - 1
            self.samples_lost += lost
            self._on_event("samples_lost", f"{self.name}: the node's memory overflowed, {lost} samples are lost")
        for record in records:
            if record.sequence > self._complete:
                self._completed(record.sequence, self._ledger.put(self._late_sample(identity, record)))

    def _late_sample(self, identity: blocks.Identity, record: blocks.Record) -> Sample:
        taken_s, uptime_ms = self._newest_taken
        before_s = ((uptime_ms - record.uptime_ms) & 0xFFFFFFFF) / 1000
        return Sample(
            node=identity.hardware_id,
            boot=identity.boot,
            sequence=record.sequence,
            taken_s=taken_s - before_s,
            readings=tuple(
                make_reading(quantity, value, quality)
                for quantity, (value, quality) in zip(self._quantities, record.values, strict=False)
            ),
            late=True,
        )

    def _completed(self, sequence: int, ticket: int) -> None:
        self._complete = sequence
        self._owed.append((ticket, sequence))

    async def _acknowledge(self, identity: blocks.Identity) -> None:
        while self._owed and self._owed[0][0] <= self._ledger.committed:
            self._safe = self._owed.popleft()[1]
        if self._safe > self._acknowledged:
            safe = self._safe
            await self.device.write(ACKNOWLEDGE, blocks.acknowledge(identity.boot, safe))
            self._acknowledged = safe

    async def _search_twins(self) -> None:
        """One step of the search: who answers a discovery read this time?"""
        try:
            words = await self._discover()
        except BusError:
            self._twins.saw(None)
        else:
            self._twins.saw(blocks.hardware_id(blocks.head(DISCOVERY, words)))
        if self._twins.searching:
            return
        self.duplicates = self._twins.found
        if self.duplicates and self._reported != self._shared_address():
            self._reported = self._shared_address()
            self._on_event("duplicate_address", self._reported)

    async def _discover(self) -> list[int]:
        line = self.device.line
        slots_s = DISCOVERY_SLOTS * (line.read_time_s(DISCOVERY.length) + DISCOVERY_MARGIN_S)
        return await line.read(
            self.device.unit_id, DISCOVERY.address, DISCOVERY.length, slots_s + 0.1, quiet_after_s=slots_s
        )

    def _shared_address(self) -> str:
        return (
            f"{self.name}: nodes {' and '.join(self.duplicates)} share unit id {self.device.unit_id} on "
            f"{self.device.line.path}; neither is used. Give one of them another address."
        )


class PanelNode(Node):
    """A node that holds relays."""

    state: blocks.PanelState | None = None
    state_s = float("-inf")
    _lease = 0

    @property
    def aerators(self) -> int:
        """Aerators wired to the panel, 0 before it was identified."""
        return self.identity.aerators if self.identity else 0

    async def identify(self) -> None:
        """Ask the panel who it is; raises BusError."""
        await self._identify()

    async def command(self, wanted: list[bool], expiry_s: int, urgency: int) -> None:
        """Renew the lease with what shall run; raises BusError."""
        if self.duplicates:
            raise UnusableNode(self._shared_address())
        if self.identity is None or self.identity.role != ROLE_PANEL:
            raise UnusableNode(f"{self.name}: the node at unit {self.device.unit_id} is no panel")
        if len(wanted) != self.identity.aerators:
            raise UnusableNode(
                f"{self.name}: a command for {len(wanted)} aerators, the panel has {self.identity.aerators}"
            )
        self._lease = (self._lease + 1) & 0xFFFF
        await self.device.write(COMMAND, blocks.command(self._lease, wanted, expiry_s), urgency)

    async def read_state(self, urgency: int) -> blocks.PanelState:
        """What the panel does now; raises BusError."""
        words = await self.device.read(PANEL, PANEL.length - PANEL.spare, urgency)
        self.state = blocks.panel(words, self.aerators)
        self.state_s = self._monotonic()
        return self.state


async def read_status(device: Device) -> dict[str, int]:
    """The status block of a node; raises BusError."""
    return blocks.head(STATUS, await device.read(STATUS, STATUS.length))

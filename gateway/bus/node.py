"""One of our nodes on a line: who it is, its newest sample, and what it kept while nobody listened."""

import struct
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from itertools import pairwise
from typing import Any, Protocol

from gateway.bus import blocks
from gateway.bus.dating import Dating
from gateway.bus.device import Device
from gateway.bus.errors import BusError, WrongBlock
from gateway.bus.samples import Sample, make_readings
from gateway.bus.twins import TwinSearch
from gateway.clock import Clock
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
    TIME,
)

SUSPICIOUS_FAILURES = 4
DISCOVERY_SLOTS = 4
DISCOVERY_MARGIN_S = 0.015
TELL_TIME_S = 3600.0
NOT_READY_S = 1.0


class Ledger(Protocol):
    """Where samples go; a ticket is given for each and `committed` is the highest that is safe on disk.

    `losses` says how many samples each board, in each boot, is known to have lost; `lost` adds to it.
    """

    committed: int
    losses: dict[tuple[str, int], int]

    def put(self, sample: Sample) -> int: ...

    def lost(self, node: str, boot: int, samples: int) -> None: ...


class UnusableNode(BusError):
    """What answers at this unit id is not a node that this gateway can use."""


class Node:
    """Polls one node and brings each of its samples into the ledger once.

    `on_sample` gets new samples only; `on_event(kind, text)` what people should know. A poll brings the newest sample;
    what the node kept while nobody listened is fetched apart from it, a window at a time, when the line has time.
    """

    least_period_s = 0.0
    on_gateway_death: str | None = None

    def __init__(
        self,
        device: Device,
        name: str,
        ledger: Ledger,
        on_sample: Callable[["Node", Sample], None],
        on_event: Callable[[str, str], None],
        clock: Clock | None = None,
    ) -> None:
        self.device = device
        self.name = name
        self.identity: blocks.Identity | None = None
        self.duplicates: tuple[str, ...] = ()
        self.samples_lost = 0
        self._ledger = ledger
        self._on_sample = on_sample
        self._on_event = on_event
        self._clock = clock or Clock()
        self._monotonic = self._clock.monotonic
        self._dating = Dating(self._clock)
        self._newest = 0
        self._complete = 0
        self._earlier = False
        self._thinned = False
        self._count_lost = False
        self._tell_time_at_s = 0.0
        self._fetch_at_s = 0.0
        self._fetched: dict[int, int] = {}
        self._owed: deque[tuple[int, int, int]] = deque()
        self._safe: dict[int, int] = {}
        self._shown = 0
        self._twins = TwinSearch(self._monotonic)
        self._hardware_id = ""
        self._boot: int | None = None
        self._reported = ""

    @property
    def role(self) -> str:
        """What it is for."""
        return "node"

    @property
    def hardware_id(self) -> str | None:
        """As printed on the board; None before it was asked."""
        return self.identity.hardware_id if self.identity else None

    @property
    def firmware(self) -> str | None:
        """Its version."""
        return self.identity.firmware if self.identity else None

    @property
    def period_s(self) -> float | None:
        """How often it takes a sample; None before it was asked."""
        return self.identity.sample_period_s if self.identity else None

    @property
    def usable(self) -> bool:
        """False while two nodes share this unit id."""
        return not self.duplicates

    @property
    def behind(self) -> bool:
        """True when the node has older samples and the last window it gave is safe."""
        waiting = bool(self._owed or self._safe) or self._monotonic() < self._fetch_at_s
        return self.identity is not None and self.usable and not waiting and self._incomplete

    @property
    def fetch_time_s(self) -> float:
        """How long a window keeps the line busy."""
        return self.device.line.read_time_s(RING.length) + self.device.latency_s

    @property
    def _incomplete(self) -> bool:
        return self._earlier or self._newest > self._complete

    async def poll(self) -> None:
        """One round: identity if unknown, the newest sample, an acknowledgement.

        Raises BusError when the node does not answer as it should.
        """
        if self._twins.due():
            await self._search_twins()
        if self.duplicates:
            raise UnusableNode(self._shared_address())
        await self._watched(self._poll())

    async def fetch(self) -> None:
        """One window of older samples; raises BusError."""
        if self.identity is not None:
            await self._watched(self._read_ring(self.identity))

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
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
        await self._acknowledge()
        await self._tell_time()
        if self._count_lost:
            await self._count_losses()

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
        self._count_lost = True
        self._tell_time_at_s = self._monotonic()
        self.identity = found

    def _new_boot(self, found: blocks.Identity) -> None:
        again = self._boot is not None
        self._boot = found.boot
        self._newest = self._complete = self._shown = 0
        self._dating = Dating(self._clock)
        self._earlier = True
        self._thinned = False
        self._fetched.clear()
        self._owed.clear()
        self._safe.clear()
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
        self._dating.saw(taken_s, live.uptime_ms)
        if live.sequence <= self._newest:
            return
        sample = Sample(
            node=identity.hardware_id,
            boot=live.boot,
            sequence=live.sequence,
            taken_s=taken_s,
            readings=live.readings,
        )
        if live.sequence > self._shown:
            self._shown = live.sequence
            self._on_sample(self, sample)
        ticket = self._ledger.put(sample)
        self._newest = live.sequence
        if live.sequence == self._complete + 1:
            self._complete = live.sequence
            self._owed.append((ticket, live.boot, live.sequence))

    async def _read_ring(self, identity: blocks.Identity) -> None:
        window = blocks.ring(await self.device.read(RING, RING.length - RING.spare))
        here = window.boot == identity.boot
        if not window.records:
            self._nothing_shown(window)
            return
        if not self._dating.known:
            return
        if not here and window.boot not in self._fetched and self._dating.guesses(window):
            self._on_event("samples_undated", f"{self.name}: samples of boot {window.boot:08x} have no certain time")
        self._note_gaps(window, self._complete if here else self._fetched.get(window.boot, 0))
        for record in window.records:
            sample = self._late_sample(identity, window, record)
            self._owed.append((self._ledger.put(sample), window.boot, record.sequence))
            self._fetched[window.boot] = record.sequence
            if here:
                self._complete = max(self._complete, record.sequence)
        self._earlier = self._earlier and not here
        self._close_backlog()

    def _nothing_shown(self, window: blocks.Window) -> None:
        """Either all was acknowledged, or the node's flash is not yet read."""
        if window.unread:
            self._fetch_at_s = self._monotonic() + NOT_READY_S
            return
        self._earlier = False
        self._complete = max(self._complete, self._newest)
        self._close_backlog()

    def _note_gaps(self, window: blocks.Window, before: int) -> None:
        """Does the window miss samples that the node made, counted from what was fetched before it?"""
        known = [before] if before else []
        sequences = known + [record.sequence for record in window.records if record.sequence > before]
        self._thinned |= any(later > earlier + 1 for earlier, later in pairwise(sequences))

    def _close_backlog(self) -> None:
        """All is fetched: say once what is missing."""
        self._count_lost |= self._thinned and not self._incomplete

    async def _count_losses(self) -> None:
        """What the node itself counts as lost is lost; other gaps are samples that it left out on purpose."""
        status = await read_status(self.device)
        self._count_lost = False
        this_boot = self._hardware_id, status["boot_id"]
        lost = status["samples_dropped"] - self._ledger.losses.get(this_boot, 0)
        if lost > 0:
            self._ledger.lost(*this_boot, status["samples_dropped"])
            self.samples_lost += lost
            self._on_event("samples_lost", f"{self.name}: the node's memory overflowed, {lost} samples are lost")
        elif self._thinned and not self._incomplete:
            self._on_event("samples_thinned", f"{self.name}: nobody fetched for a while, the node kept fewer samples")
        self._thinned = self._thinned and self._incomplete

    def _late_sample(self, identity: blocks.Identity, window: blocks.Window, record: blocks.Record) -> Sample:
        return Sample(
            node=identity.hardware_id,
            boot=window.boot,
            sequence=record.sequence,
            taken_s=self._dating.taken_s(window, record, window.boot == identity.boot),
            readings=make_readings(window.quantities, record.values),
            late=True,
        )

    async def _acknowledge(self) -> None:
        while self._owed and self._owed[0][0] <= self._ledger.committed:
            _, boot, sequence = self._owed.popleft()
            self._safe[boot] = max(sequence, self._safe.get(boot, 0))
        for boot, sequence in list(self._safe.items()):
            await self.device.write(ACKNOWLEDGE, blocks.acknowledge(boot, sequence))
            if self._safe.get(boot) == sequence:
                del self._safe[boot]

    async def _tell_time(self) -> None:
        """The node dates its boots by this; a gateway that does not know the time says nothing."""
        if self._monotonic() >= self._tell_time_at_s and self._clock.wall_known():
            await self.device.write(TIME, blocks.time(self._clock.wall()))
            self._tell_time_at_s = self._monotonic() + TELL_TIME_S

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
    on_gateway_death = "runs"
    _lease = 0

    @property
    def role(self) -> str:
        """What it is for."""
        return "panel"

    @property
    def known(self) -> bool:
        """False before it was identified."""
        return self.identity is not None

    def due(self) -> bool:
        """True when it is not being left alone."""
        return self.device.due()

    def set_speeds(self, speeds: Mapping[int, float]) -> None:
        """Contactors know one speed."""

    @property
    def aerators(self) -> int:
        """Aerators wired to the panel, 0 before it was identified."""
        return self.identity.aerators if self.identity else 0

    async def identify(self) -> None:
        """Ask the panel who it is; raises BusError."""
        await self._identify()

    async def command(self, wanted: list[bool], expiry_s: int, urgency: int, siren: bool = False) -> None:
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
        await self.device.write(COMMAND, blocks.command(self._lease, wanted, expiry_s, siren), urgency)

    async def read_state(self, urgency: int) -> blocks.PanelState:
        """What the panel does now; raises BusError."""
        words = await self.device.read(PANEL, PANEL.length - PANEL.spare, urgency)
        self.state = blocks.panel(words, self.aerators)
        self.state_s = self._monotonic()
        return self.state


async def read_status(device: Device) -> dict[str, int]:
    """The status block of a node; raises BusError."""
    return blocks.head(STATUS, await device.read(STATUS, STATUS.length))

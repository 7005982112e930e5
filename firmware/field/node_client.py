"""One node, asked over the line: its blocks as values, its documents as bytes."""

from collections.abc import Callable

from firmware.field import blocks, documents
from firmware.field.doors import pause
from firmware.field.frame import Trouble
from firmware.field.rtu import BITS_PER_BYTE, LATENCY_S, RETRIES, NoAnswer, Rtu
from hardware.registers import (
    CALIBRATE,
    COMMAND,
    CONTROL,
    DISCOVERY,
    IDENTITY,
    LIVE,
    MAGIC,
    MAP_VERSION,
    PANEL,
    PROBES,
    RAW,
    SETTINGS,
    STATUS,
    TRANSFER,
    Block,
    parse,
)

DISCOVERY_SLOTS = 4
DISCOVERY_READS = 8
DISCOVERY_MARGIN_S = 0.015
DISCOVERY_BYTES = 33


class NodeClient:
    """A unit id on a line. Every method raises Trouble when the node does not answer or refuses."""

    def __init__(self, rtu: Rtu, unit_id: int) -> None:
        self.rtu = rtu
        self.unit_id = unit_id
        self._identity: blocks.Identity | None = None

    def read(self, block: Block, count: int = 0, *, latency_s: float = LATENCY_S, retries: int = RETRIES) -> list[int]:
        """The first registers of a block, all but its spare one by default."""
        count = count or block.length - block.spare
        words = self.rtu.read(self.unit_id, block.address, count, latency_s=latency_s, retries=retries)
        if words[0] != block.number and block.fields.startswith("block:"):
            raise Trouble("E-LINE-03", unit=self.unit_id, block=block.name, found=words[0])
        return words

    def write(self, block: Block, words: list[int], *, retries: int = RETRIES) -> None:
        """A whole block, once or, where the answer was lost, again."""
        self.rtu.write(self.unit_id, block.address, words, retries=retries)

    def fields(self, block: Block) -> dict[str, int]:
        """The named fields of a block."""
        return blocks.head(block, self.read(block, block.head_length))

    def identity(self) -> blocks.Identity:
        """Who the node is; Trouble when it is no node of ours or speaks another map."""
        found = blocks.identity(self.fields(IDENTITY))
        if found.magic != MAGIC:
            raise Trouble("E-LINE-04", unit=self.unit_id)
        if found.map_version != MAP_VERSION:
            raise Trouble("E-NODE-02", unit=self.unit_id, found=found.map_version, wanted=MAP_VERSION)
        self._identity = found
        return found

    def known(self) -> blocks.Identity:
        """The identity as it was read last, read now if it never was."""
        return self._identity or self.identity()

    def status(self) -> dict[str, int]:
        """The status block by the names of the map."""
        return self.fields(STATUS)

    def live(self) -> blocks.Live:
        """The newest sample."""
        channels = self.known().channels
        return blocks.live(self.read(LIVE, LIVE.head_length + channels * LIVE.group_length), channels)

    def raw(self) -> blocks.Raw:
        """What the probes said before calibration."""
        return blocks.raw(self.read(RAW))

    def probes(self) -> tuple[blocks.ProbeState, ...]:
        """The probes of the settings."""
        return blocks.probes(self.read(PROBES))

    def panel(self) -> blocks.PanelState:
        """What a panel does and why."""
        return blocks.panel(self.read(PANEL), self.known().aerators)

    def settings(self) -> dict[str, int]:
        """The settings block by the names of the map."""
        return self.fields(SETTINGS)

    def write_settings(self, **changes: int) -> None:
        """Change fields of the settings block, all or none; KeyError for a name the map does not have."""
        names = {name for name, _ in parse(SETTINGS.fields)}
        if unknown := changes.keys() - names:
            raise KeyError(f"no field of the settings block: {sorted(unknown)}")
        self.write(SETTINGS, blocks.pack(SETTINGS, {**self.settings(), **changes}))

    def transfer(self) -> dict[str, int]:
        """The transfer block by the names of the map."""
        return self.fields(TRANSFER)

    def action(self, code: int) -> None:
        """Write an action to the control block, once: nobody wants to reset or switch twice."""
        self.write(CONTROL, [code], retries=0)

    def calibrate(self, action: int, channel: int, minutes: int = 1) -> None:
        """Begin, end or undo a calibration."""
        self.write(CALIBRATE, [action, channel, minutes])

    def command(self, lease_counter: int, wanted: int, expiry_s: int, siren: int = 0) -> None:
        """Renew the lease of a panel and say which aerators shall run; refused through a gateway's guest door."""
        self.write(COMMAND, [lease_counter & 0xFFFF, wanted, expiry_s, siren])

    def read_document(self, code: int, index: int = 0) -> bytes:
        """A whole document of the node, empty when it has none."""
        return documents.read(self, code, index)

    def send_document(
        self, code: int, data: bytes, index: int = 0, on_progress: Callable[[int], None] | None = None
    ) -> dict[str, int]:
        """Bring a document to the node; DocumentRefused when it does not take it. Returns the transfer block after it."""
        return documents.send(self, code, data, index, on_progress)

    def discover(self, reads: int = DISCOVERY_READS) -> tuple[str, ...]:
        """Every hardware id that answers to this unit id; more than one is a clash.

        A node answers a discovery read after a random time, so two of them are both heard within a few reads.
        """
        slots_s = DISCOVERY_SLOTS * (DISCOVERY_BYTES * BITS_PER_BYTE / self.rtu.door.baud + DISCOVERY_MARGIN_S)
        seen = set()
        for _ in range(reads):
            try:
                words = self.rtu.read(
                    self.unit_id,
                    DISCOVERY.address,
                    DISCOVERY.length,
                    latency_s=slots_s + 0.1,
                    retries=0,
                    quiet_s=slots_s,
                )
            except NoAnswer:
                pause(slots_s)
                continue
            seen.add(blocks.hardware_id(blocks.head(DISCOVERY, words)))
            if len(seen) > 1:
                break
        return tuple(sorted(seen))

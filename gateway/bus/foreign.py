"""A device that is none of our nodes: asks its registers by its template and makes samples of them."""

import contextlib
import math
from collections.abc import Callable
from typing import Protocol

from gateway.bus.codec import Span, decoded, hole_max, spans
from gateway.bus.derive import Readings, bad, complete
from gateway.bus.device import Device
from gateway.bus.errors import MemoryFull, NoReply, Refused
from gateway.bus.request import Request, read_words, words_of
from gateway.bus.samples import Quality, Reading, Sample
from gateway.bus.template import FAULT, OUTPUT_HZ, Register, Template
from gateway.bus.turns import POLL
from hardware.registers import REASON_NOT_READY, REASON_PROBE_FAULT, REASON_RANGE

ASLEEP_AFTER = 3
SAMPLE_SHARE = 0.8  # of the period, within which what was read again is no new sample
ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3


class Ledger(Protocol):
    """Where samples go."""

    def put(self, sample: Sample) -> int: ...


class Foreign:
    """One device. `serial` is its name for ever in the journal, `boot` a number of this run of the gateway.

    `on_sample` gets each sample; `salinity` gives that of the pond in psu, None while it is not known.
    """

    behind = False
    fetch_time_s = 0.0
    samples_lost = 0
    duplicates: tuple[str, ...] = ()
    firmware: str | None = None
    on_gateway_death: str | None = None

    def __init__(
        self,
        name: str,
        template: Template,
        device: Device,
        *,
        serial: str,
        boot: int,
        ledger: Ledger,
        on_sample: Callable[["Foreign", Sample], None],
        salinity: Callable[[], float | None] = lambda: None,
        monotonic: Callable[[], float],
    ) -> None:
        self.name = name
        self.template = template
        self.device = device
        self.hardware_id = serial
        self.period_s = self.least_period_s = template.period_ms / 1000
        self.newest: Sample | None = None
        self.fault = 0
        self._boot = boot
        self._sequence = 0
        self._ledger = ledger
        self._on_sample = on_sample
        self._salinity = salinity
        self._monotonic = monotonic
        self._holes = template.holes
        self._awake_s: float | None = None

    @property
    def role(self) -> str:
        """What it is for."""
        return self.template.role

    async def poll(self) -> None:
        """Read everything and make a sample; raises BusError."""
        await self.read(POLL)

    async def fetch(self) -> None:
        """It remembers nothing."""

    async def read(self, urgency: int) -> dict[str, float]:
        """What the registers say, believed or not; raises BusError."""
        await self._wake(urgency)
        try:
            values = await self._read_all(urgency)
        except NoReply:
            if self.device.failures >= ASLEEP_AFTER:
                self._awake_s = None
            raise
        self._take(values)
        return values

    async def reset_energy(self) -> None:
        """Begin to count at nought; raises BusError, and ValueError where the template knows no reset."""
        if self.template.reset_energy is None:
            raise ValueError(f"{self.name}: {self.template.name} has no reset")
        body = bytes.fromhex(self.template.reset_energy)
        await self.device.ask(Request(body, body, len(body)))

    async def _wake(self, urgency: int) -> None:
        """Order it to start when it was silent; some probes of the same name know no such order."""
        if self._awake_s is not None:
            return
        for order in self.template.start:
            try:
                await self.device.ask(_start(bytes.fromhex(order)), urgency)
            except (NoReply, Refused):
                continue

    async def _read_all(self, urgency: int) -> dict[str, float]:
        values: dict[str, float] = {}
        for span in self._spans():
            for register, words in await self._read_span(span, urgency):
                values[register.gives] = decoded(register, words)
        if self._awake_s is None:
            self._awake_s = self._monotonic()
        return values

    def _spans(self) -> list[Span]:
        template, line = self.template, self.device.line
        hole = hole_max(line.byte_s, template.gap_ms / 1000, self.device.latency_s) if self._holes else 0
        return spans(template.registers, template.most_registers, hole)

    async def _read_span(self, span: Span, urgency: int) -> list[tuple[Register, list[int]]]:
        """A device that refuses the registers between those asked for is never asked for them again."""
        try:
            body = await self.device.ask(read_words(span.function, span.address, span.count), urgency)
        except Refused as refused:
            if not span.has_holes or refused.code not in (ILLEGAL_ADDRESS, ILLEGAL_VALUE):
                raise
            self._holes = False
            apart = spans(span.registers, self.template.most_registers, 0)
            return [pair for one in apart for pair in await self._read_span(one, urgency)]
        words = words_of(body)
        first = span.address
        return [(one, words[one.address - first : one.address - first + one.width]) for one in span.registers]

    def _take(self, values: dict[str, float]) -> None:
        self.fault = int(values.get(FAULT, 0))
        readings = complete(self._judged(values), self._salinity)
        now_s = self._monotonic()
        if not readings or (self.newest and now_s - self.newest.taken_s < SAMPLE_SHARE * self.period_s):
            return
        self._sequence += 1
        sample = Sample(
            node=self.hardware_id,
            boot=self._boot,
            sequence=self._sequence,
            taken_s=now_s,
            readings=readings,
        )
        self.newest = sample
        self._on_sample(self, sample)
        with contextlib.suppress(MemoryFull):
            self._ledger.put(sample)

    def _judged(self, values: dict[str, float]) -> Readings:
        """A number that cannot be true is none; nor is any while the device reports a fault or warms up."""
        assert self._awake_s is not None
        warming = self._monotonic() - self._awake_s < self.template.warm_up_s
        found: Readings = {}
        for register in self.template.registers:
            symbol = register.gives
            if symbol in (FAULT, OUTPUT_HZ):
                continue
            value = values[symbol]
            if self.fault and self.role == "probe":
                found[symbol] = bad(symbol, REASON_PROBE_FAULT)
            elif warming:
                found[symbol] = bad(symbol, REASON_NOT_READY)
            elif not math.isfinite(value) or not register.holds(value):
                found[symbol] = bad(symbol, REASON_RANGE)
            else:
                found[symbol] = Reading(quantity=symbol, value=value, quality=Quality.GOOD)
        return found


def _start(body: bytes) -> Request:
    """An order to start: a read or a write of no register."""
    head = bytes((body[0], 0)) if body[0] in (3, 4) else body[:5]
    return Request(body, head, len(head))


class Meter:
    """What a foreign meter says of the machine that it measures."""

    def __init__(self, device: Foreign, monotonic: Callable[[], float]) -> None:
        self._device = device
        self._monotonic = monotonic

    def current_a(self) -> float | None:
        """The current now; None while the meter is silent, as it is without mains."""
        sample = self._device.newest
        if sample is None or self._monotonic() - sample.taken_s > 3 * self._device.period_s:
            return None
        reading = sample.reading("current_a")
        return reading.value if reading is not None else None

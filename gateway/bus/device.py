"""One device on a line: its own deadline, its own back-off, its own statistics.

A deadline is the time of the bytes on the wire plus four times the measured latency. After a second failure in a row the
device is left alone, 1 s at first and up to 60 s; where bytes came but garbled, the line is noisy and the device alive,
so at most 2 s.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.bus.errors import BusError, LineDown, NoReply, Refused, WrongBlock
from gateway.bus.line import Line
from gateway.bus.request import READ_HOLDING, Request, read_words, words_of, write_words
from gateway.bus.share import Share
from gateway.bus.turns import POLL
from hardware.registers import Block

FIRST_LATENCY_S = 0.03
LEAST_MARGIN_S = 0.08
MOST_MARGIN_S = 0.5
LONGEST_BACK_OFF_S = 60.0
LONGEST_NOISY_BACK_OFF_S = 2.0


@dataclass
class DeviceStatistics:
    """What this device has answered since the gateway started; `heard_s` is when, on the monotonic clock."""

    requests: int = 0
    replies: int = 0
    silent: int = 0
    garbled: int = 0
    refused: int = 0
    heard_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast a device answers at worst beyond what was measured, and how long it wants to be left alone afterwards."""

    least_margin_s: float = LEAST_MARGIN_S
    most_margin_s: float = MOST_MARGIN_S
    gap_s: float = 0.0


class Device:
    """A unit id on a line."""

    def __init__(
        self,
        line: Line,
        unit_id: int,
        monotonic: Callable[[], float] = time.monotonic,
        pace: Pace = Pace(),
    ) -> None:
        self.line = line
        self.unit_id = unit_id
        self.statistics = DeviceStatistics()
        self.share = Share(monotonic)
        self.failures = 0
        self.garbled_in_a_row = 0
        self.latency_s = FIRST_LATENCY_S
        self._pace = pace
        self._monotonic = monotonic
        self._retry_at = 0.0
        self._one_more = False

    @property
    def answering(self) -> bool:
        """True when the last request was answered."""
        return self.failures == 0

    def due(self) -> bool:
        """True when the device is not being left alone."""
        return self._monotonic() >= self._retry_at

    def retry_in_s(self) -> float:
        """Seconds until the device may be asked again."""
        return max(0.0, self._retry_at - self._monotonic())

    def heard_ago_s(self) -> float | None:
        """Seconds since the last answer; None before the first."""
        heard_s = self.statistics.heard_s
        return None if heard_s is None else self._monotonic() - heard_s

    async def read(self, block: Block, count: int, urgency: int = POLL) -> list[int]:
        """The first `count` registers of a block; raises BusError.

        A block with a spare register is read one register longer after each unanswered request, so that the owed reply
        does not fit the next one.
        """
        asked = count + block.spare if self._one_more else count
        words = words_of(await self.ask(read_words(READ_HOLDING, block.address, asked), urgency))
        if words[0] != block.number:
            raise WrongBlock(f"{self.line.path} unit {self.unit_id}: asked for block {block.number}, got {words[0]}")
        return words[:count]

    async def write(self, block: Block, words: list[int], urgency: int = POLL) -> None:
        """Write a whole block; raises BusError."""
        await self.ask(write_words(block.address, words), urgency)

    async def ask(self, request: Request, urgency: int = POLL) -> bytes:
        """The body of the answer; raises BusError."""
        wire_s = self.line.time_s(request)
        deadline_s = wire_s + self._margin_s()
        try:
            body = await self.line.ask(self.unit_id, request, deadline_s, urgency, self._pace.gap_s)
        except BusError as error:
            self._failed(error, deadline_s)
            raise
        self._answered(self.line.last_took_s, wire_s)
        return body

    def _margin_s(self) -> float:
        return min(self._pace.most_margin_s, max(self._pace.least_margin_s, 4 * self.latency_s))

    def _answered(self, took_s: float, wire_s: float) -> None:
        self.share.add(took_s)
        self.statistics.requests += 1
        self.statistics.replies += 1
        self.statistics.heard_s = self._monotonic()
        self.failures = self.garbled_in_a_row = 0
        self._retry_at = 0.0
        self.latency_s += 0.1 * (max(0.0, took_s - wire_s) - self.latency_s)

    def _failed(self, error: BusError, deadline_s: float) -> None:
        self.statistics.requests += 1
        if isinstance(error, Refused):
            self.statistics.refused += 1
            self.statistics.heard_s = self._monotonic()
            self.failures = 0
            return
        longest_s = LONGEST_BACK_OFF_S
        if isinstance(error, NoReply):
            self.share.add(deadline_s)
            self._one_more = not self._one_more
            if error.heard:
                self.statistics.garbled += 1
                self.garbled_in_a_row += 1
                longest_s = LONGEST_NOISY_BACK_OFF_S
            else:
                self.statistics.silent += 1
                self.garbled_in_a_row = 0
        elif isinstance(error, LineDown):
            longest_s = LONGEST_NOISY_BACK_OFF_S
        self.failures += 1
        if self.failures > 1:
            back_off_s = min(longest_s, 2.0 ** min(self.failures - 2, 6))
            self._retry_at = self._monotonic() + back_off_s

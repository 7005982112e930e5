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
from gateway.bus.turns import POLL
from hardware.registers import Block

FIRST_LATENCY_S = 0.03
LEAST_MARGIN_S = 0.08
MOST_MARGIN_S = 0.5
LONGEST_BACK_OFF_S = 60.0
LONGEST_NOISY_BACK_OFF_S = 2.0


@dataclass
class DeviceStatistics:
    """What this device has answered since the gateway started."""

    requests: int = 0
    replies: int = 0
    silent: int = 0
    garbled: int = 0
    refused: int = 0


class Device:
    """A unit id on a line."""

    def __init__(self, line: Line, unit_id: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.line = line
        self.unit_id = unit_id
        self.statistics = DeviceStatistics()
        self.failures = 0
        self.garbled_in_a_row = 0
        self.latency_s = FIRST_LATENCY_S
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

    async def read(self, block: Block, count: int, urgency: int = POLL) -> list[int]:
        """The first `count` registers of a block; raises BusError.

        A block with a spare register is read one register longer after each unanswered request, so that the owed reply
        does not fit the next one.
        """
        asked = count + block.spare if self._one_more else count
        deadline_s = self.line.read_time_s(asked) + self._margin_s()
        try:
            words = await self.line.read(self.unit_id, block.address, asked, deadline_s, urgency)
        except BusError as error:
            self._failed(error)
            raise
        self._answered(self.line.last_took_s - self.line.read_time_s(asked))
        if words[0] != block.number:
            raise WrongBlock(f"{self.line.path} unit {self.unit_id}: asked for block {block.number}, got {words[0]}")
        return words[:count]

    async def write(self, block: Block, words: list[int], urgency: int = POLL) -> None:
        """Write a whole block; raises BusError."""
        deadline_s = self.line.write_time_s(len(words)) + self._margin_s()
        try:
            await self.line.write(self.unit_id, block.address, words, deadline_s, urgency)
        except BusError as error:
            self._failed(error)
            raise
        self._answered(self.line.last_took_s - self.line.write_time_s(len(words)))

    def _margin_s(self) -> float:
        return min(MOST_MARGIN_S, max(LEAST_MARGIN_S, 4 * self.latency_s))

    def _answered(self, latency_s: float) -> None:
        self.statistics.requests += 1
        self.statistics.replies += 1
        self.failures = self.garbled_in_a_row = 0
        self._retry_at = 0.0
        self.latency_s += 0.1 * (max(0.0, latency_s) - self.latency_s)

    def _failed(self, error: BusError) -> None:
        self.statistics.requests += 1
        if isinstance(error, Refused):
            self.statistics.refused += 1
            self.failures = 0
            return
        longest_s = LONGEST_BACK_OFF_S
        if isinstance(error, NoReply):
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

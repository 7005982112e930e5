# One round of the probes: a burst of readings, then every channel settles, then what is computed from others.

from firmware.node import filters
from hardware.registers import QUANTITY_DO_SATURATION


class Rounds:
    # `burst` readings of each probe make one reading of each channel.
    def __init__(self, probes, burst: int, clock) -> None:
        self.sequence = 0  # rounds since boot
        self._probes = probes
        self._burst = burst
        self._clock = clock
        filters.fit(probes)
        # Oxygen last: temperature and conductivity of the same round tell whether its probe hangs in the air.
        channels = [channel for probe in probes for channel in probe.channels]
        self._order = [channel for channel in channels if channel.quantity != QUANTITY_DO_SATURATION]
        self._order += [channel for channel in channels if channel.quantity == QUANTITY_DO_SATURATION]

    async def run(self) -> None:
        for _ in range(self._burst):
            for probe in self._probes:
                await probe.read(self._clock)
        now_ms = self._clock.uptime_ms()
        for channel in self._order:
            channel.settle(now_ms)
        for probe in self._probes:
            probe.derive(now_ms)
        self.sequence += 1

"""Foreign devices on a real port, and the gateway's side of each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gateway.bus.device import Device, Pace
from gateway.bus.foreign import Foreign
from gateway.bus.line import Line
from gateway.bus.samples import Sample
from gateway.bus.template import Template, read_template
from hardware.twin.foreign.slave import Slave
from hardware.twin.foreign.wired import SerialSlaves
from tests.gateway.farms import Steps


class Stall:
    """`with Stall(folder, slaves) as stall: stall.device("pzem-004t-v3", 3)`; the device's clock is in hand."""

    def __init__(self, folder: Path, slaves: Sequence[Slave]) -> None:
        self.clock = Steps()
        self.kept: list[Sample] = []
        self._slaves = slaves
        self._port = folder / "port"

    def __enter__(self) -> "Stall":
        self._wired = SerialSlaves(self._port, self._slaves)
        self.line = Line(str(self._port), baud=115200, turnaround_s=0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self.line.close()
        self._wired.close()

    def put(self, sample: Sample) -> int:
        """The ledger's end."""
        self.kept.append(sample)
        return len(self.kept)

    def device(self, template: str | Template, unit_id: int, kind: type[Foreign] = Foreign, **words: Any) -> Any:
        """The gateway's side of a device, in a hurry."""
        found = read_template(template) if isinstance(template, str) else template
        device = Device(self.line, unit_id, pace=Pace(least_margin_s=0.1))
        return kind(
            f"device-{unit_id}",
            found,
            device,
            serial=f"dev:test:device-{unit_id}",
            boot=5,
            ledger=self,
            on_sample=lambda *_: None,
            monotonic=lambda: self.clock.now_s,
            **words,
        )

    async def warm(self, device: Foreign) -> Sample:
        """A sample of a device that has run for a while."""
        await device.poll()
        self.clock.forward(60)
        await device.poll()
        return self.kept[-1]


def values(sample: Sample) -> dict[str, float | None]:
    """By quantity."""
    return {reading.quantity: reading.value for reading in sample.readings}

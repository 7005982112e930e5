"""The foreign devices of a farm, made from its description."""

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gateway.bus.device import Device, Pace
from gateway.bus.drives import Drive, DriveBank
from gateway.bus.foreign import Foreign, Ledger, Meter
from gateway.bus.line import Line
from gateway.bus.panel import Panel
from gateway.bus.relays import RelayBoard
from gateway.bus.samples import Quality, Sample
from gateway.bus.settings import DeviceSettings
from gateway.bus.template import Template, read_template
from hardware.quantities import SALINITY

if TYPE_CHECKING:
    from gateway.farm import Farm


class Fleet:
    """All of them; making it does no I/O beyond reading the templates. Raises TemplateError."""

    def __init__(
        self,
        farm: "Farm",
        lines: dict[str, Line],
        ledger: Ledger,
        on_sample: Callable[[Foreign, Sample], None],
        monotonic: Callable[[], float],
    ) -> None:
        self.devices: dict[str, Foreign] = {}
        self._farm = farm
        self._lines = lines
        self._monotonic = monotonic
        self._salinity_psu: dict[str, float] = {}
        self._common: dict[str, Any] = {
            "boot": secrets.randbits(31),
            "ledger": ledger,
            "on_sample": on_sample,
            "monotonic": monotonic,
        }
        for settings in farm.device:
            self.devices[settings.id] = self._make(settings, read_template(settings.template))

    def panels(self) -> dict[str, Panel]:
        """Relay boards by their ids, and each pond's drives."""
        found: dict[str, Panel] = {name: one for name, one in self.devices.items() if isinstance(one, RelayBoard)}
        for pond in self._farm.pond:
            if pond.drives:
                found[pond.panel or ""] = DriveBank(
                    pond.panel or "", [self._drive(name) for name in pond.drives], self._monotonic
                )
        return found

    def meters(self) -> dict[tuple[str, int], Meter]:
        """Meters that measure one aerator, by pond and aerator."""
        found = {}
        for settings in self._farm.device:
            pond, _, aerator = (settings.measures or "").partition("/")
            if aerator:
                found[pond, int(aerator)] = Meter(self.devices[settings.id], self._monotonic)
        return found

    def heard(self, name: str, sample: Sample) -> None:
        """A sample of any node or device: those that reckon with its salinity remember it."""
        reading = sample.reading(SALINITY.symbol)
        if reading is not None and reading.value is not None and reading.quality is Quality.GOOD and not sample.late:
            self._salinity_psu[name] = reading.value

    def _make(self, settings: DeviceSettings, template: Template) -> Foreign:
        named: dict[str, Any] = {
            **self._common,
            "serial": f"dev:{self._farm.id}:{settings.id}",
            "salinity": lambda: self._salinity_psu.get(settings.salinity_from or "", settings.salinity_psu),
        }
        device = self._device(settings, template)
        if template.role == "relays":
            return RelayBoard(settings.id, template, device, **named)
        if template.role == "drive":
            return Drive(settings.id, template, device, full_hz=settings.full_hz, **named)
        return Foreign(settings.id, template, device, **named)

    def _device(self, settings: DeviceSettings, template: Template) -> Device:
        reply_s = template.reply_ms / 1000
        gap_ms = template.gap_ms if settings.gap_ms is None else settings.gap_ms
        pace = Pace(least_margin_s=reply_s, most_margin_s=max(0.5, 2 * reply_s), gap_s=gap_ms / 1000)
        return Device(self._lines[settings.line], settings.unit, pace=pace)

    def _drive(self, name: str) -> Drive:
        drive = self.devices[name]
        assert isinstance(drive, Drive)
        return drive

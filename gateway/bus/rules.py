"""Do the farm's devices fit what is asked of them?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.bus.settings import DeviceSettings
from gateway.bus.template import Template, TemplateError, read_template

if TYPE_CHECKING:
    from gateway.farm import Farm, PondSettings

Place = tuple[str | int, ...]


def device_faults(farm: "Farm") -> Iterator[tuple[Place, str]]:
    """What is wrong, each with its place in farm.toml."""
    templates: dict[str, Template] = {}
    for at, device in enumerate(farm.device):
        try:
            templates[device.id] = read_template(device.template)
        except TemplateError as error:
            yield ("device", at, "template"), str(error)
            continue
        for field, problem in _device(farm, device, templates[device.id]):
            yield ("device", at, field), problem
    if len(templates) == len(farm.device):
        for at, pond in enumerate(farm.pond):
            for field, problem in _pond(pond, templates):
                yield ("pond", at, field), problem


def _device(farm: "Farm", device: DeviceSettings, template: Template) -> Iterator[tuple[str, str]]:
    if template.role == "relays" and device.wiring != "normally_closed":
        problem = (
            f"{device.id!r} has no watchdog and holds its relays when the gateway dies. Wire its aerators to the "
            'normally closed contacts, so that a board without power lets them run, and write wiring = "normally_closed"'
        )
        yield "wiring", problem
    if template.needs_salinity and device.salinity_psu is None and device.salinity_from is None:
        problem = (
            f"{device.id!r}: mg/L are reckoned from the saturation, which takes the pond's salinity. Give salinity_psu, "
            "or salinity_from, the id of what measures it"
        )
        yield "salinity_psu", problem
    sources = {node.id for node in farm.node} | {other.id for other in farm.device}
    if device.salinity_from is not None and device.salinity_from not in sources:
        yield "salinity_from", f"{device.salinity_from!r} is not among {sorted(sources)}"
    if device.measures is not None:
        yield from _measured(farm, device, template)


def _measured(farm: "Farm", device: DeviceSettings, template: Template) -> Iterator[tuple[str, str]]:
    panels = {panel.id for panel in farm.panel} | {other.id for other in farm.device}
    aerators = {f"{pond.id}/{aerator}" for pond in farm.pond for aerator in pond.aerators}
    if template.role != "meter":
        yield "measures", f"{device.id!r} is no meter"
    elif device.measures not in panels | aerators:
        yield "measures", f"{device.measures!r} is not among {sorted(panels | aerators)}"


def _pond(pond: "PondSettings", templates: dict[str, Template]) -> Iterator[tuple[str, str]]:
    node, panel = templates.get(pond.node), templates.get(pond.panel or "")
    if node is not None and "do_mg_l" not in node.gives() and not node.needs_salinity:
        yield "node", f"{pond.node!r} measures no oxygen"
    if panel is not None and panel.relays is None:
        yield "panel", f"{pond.panel!r} is no relay board; drives are named by drives = [...]"
    elif panel is not None and panel.relays is not None and max(pond.aerators, default=0) > panel.relays.count:
        yield "aerators", f"{pond.panel!r} has {panel.relays.count} relays"
    for drive in pond.drives:
        if templates[drive].role != "drive":
            yield "drives", f"{drive!r} is no drive"

"""How lines and devices are doing, for people: plain data, and one word for what is wrong."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from gateway.bus.device import Device
from gateway.bus.errors import BusError, LineDown, NoReply, Refused
from gateway.bus.foreign import Foreign
from gateway.bus.line import Line
from gateway.bus.settings import WAYS, LineSettings

NOISY_SHARE = 0.02
NOISY_LEAST = 5
FULL_SHARE = 0.9


class Observed(Protocol):
    """What is told of a node or a foreign device."""

    name: str
    device: Device
    duplicates: tuple[str, ...]
    samples_lost: int

    @property
    def role(self) -> str:
        """node, panel, or a template's."""

    @property
    def hardware_id(self) -> str | None:
        """Known for ever by it."""

    @property
    def firmware(self) -> str | None:
        """Its version."""

    @property
    def on_gateway_death(self) -> str | None:
        """Of what holds aerators: "runs" or "holds"."""


def line_rows(settings: Iterable[LineSettings], lines: Mapping[str, Line]) -> list[dict[str, Any]]:
    """Each line with its load of the last minute."""
    return [_line(one, lines[one.id]) for one in settings]


def device_rows(
    observed: Iterable[Observed], errors: Mapping[str, BusError | None], line_ids: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Each device; `line_ids` names the lines by their places."""
    return [_device(one, errors.get(one.name), line_ids) for one in observed]


def word(one: Observed, error: BusError | None) -> str:
    """What is wrong, ok for nothing."""
    statistics = one.device.statistics
    if one.duplicates:
        return "duplicate"
    if isinstance(error, LineDown):
        return "line_down"
    if isinstance(error, NoReply):
        return "garbled" if error.heard else "silent"
    if error is not None:
        return "refused" if isinstance(error, Refused) else "unusable"
    if statistics.heard_s is None:
        return "waiting"
    if isinstance(one, Foreign) and one.fault:
        return "fault"
    if statistics.garbled >= NOISY_LEAST and statistics.garbled > NOISY_SHARE * statistics.requests:
        return "noisy"
    return "ok"


def _line(settings: LineSettings, line: Line) -> dict[str, Any]:
    share, statistics = line.share.now(), line.statistics
    return {
        "id": settings.id,
        "place": settings.place,
        "way": next(way for way in WAYS if getattr(settings, way) is not None),
        "baud": settings.baud,
        "state": "down" if line.trouble else "full" if share > FULL_SHARE else "ok",
        "trouble": line.trouble,
        "share": round(share, 3),
        "requests": statistics.requests,
        "silent": statistics.silent,
        "garbled": statistics.garbled,
        "late": statistics.late_frames,
        "opened": statistics.opened,
    }


def _device(one: Observed, error: BusError | None, line_ids: Mapping[str, str]) -> dict[str, Any]:
    device, statistics = one.device, one.device.statistics
    heard_ago_s = device.heard_ago_s()
    return {
        "name": one.name,
        "role": one.role,
        "template": one.template.name if isinstance(one, Foreign) else None,
        "line": device.line.path,
        "line_id": line_ids.get(device.line.path),
        "unit_id": device.unit_id,
        "hardware_id": one.hardware_id,
        "firmware": one.firmware,
        "state": word(one, error),
        "latency_ms": round(device.latency_s * 1000, 1),
        "requests": statistics.requests,
        "replies": statistics.replies,
        "silent": statistics.silent,
        "garbled": statistics.garbled,
        "refused": statistics.refused,
        "back_off_s": round(device.retry_in_s(), 1),
        "heard_ago_s": None if heard_ago_s is None else round(heard_ago_s, 1),
        "share": round(device.share.now(), 3),
        "duplicates": list(one.duplicates),
        "samples_lost": one.samples_lost,
        "fault": one.fault if isinstance(one, Foreign) else 0,
        "on_gateway_death": one.on_gateway_death,
        "error": str(error or ""),
    }

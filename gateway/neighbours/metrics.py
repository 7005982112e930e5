"""`/metrics` for Prometheus: what is not known or not good is absent, it never stands still at its last value."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.neighbours.view import QUALITIES, active, alarms_of, farm_now, values_of
from gateway.web.desk import AtDesk
from gateway.web.signed import Reader

Snapshot = dict[str, Any]

router = APIRouter()

# quantity -> (name, factor to the unit in the name, help)
QUANTITIES = {
    "do_mg_l": ("oxygen_milligrams_per_liter", 1.0, "Dissolved oxygen."),
    "do_sat": ("oxygen_saturation_ratio", 0.01, "Dissolved oxygen against saturation."),
    "temperature_c": ("water_temperature_celsius", 1.0, "Temperature of the water."),
    "salinity_psu": ("salinity_psu", 1.0, "Practical salinity."),
    "ph": ("ph", 1.0, "pH."),
}
DEVICE_COUNTERS = {
    "requests": "Requests on the bus.",
    "replies": "Replies that were right.",
    "silent": "Requests without a reply.",
    "garbled": "Replies that could not be read.",
    "samples_lost": "Samples that a board's memory could not keep.",
}


@router.get("/metrics")
async def metrics(desk: AtDesk, _: Reader) -> Response:
    """Everything at once, in Prometheus' text format."""
    return Response(exposition(farm_now(desk)), media_type=CONTENT_TYPE_LATEST)


def exposition(snapshot: Snapshot | None) -> bytes:
    """The metrics of a snapshot, of none while control does not speak."""
    registry = CollectorRegistry()
    registry.register(_Once(snapshot))
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, snapshot: Snapshot | None) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        return _families(self._snapshot)


def _gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"pondkeeper_{name}", text, labels=labels)


def _families(snapshot: Snapshot | None) -> Iterator[Metric]:
    up = _gauge("control_up", "1 while the control process speaks.")
    up.add_metric((), float(snapshot is not None))
    yield up
    if snapshot is None:
        return
    yield from _ponds(snapshot["ponds"])
    yield from _machines(snapshot["ponds"])
    yield from _devices(snapshot.get("devices", []))
    yield from _house(snapshot)
    yield _alarms(snapshot)


def _ponds(ponds: list[Snapshot]) -> Iterator[Metric]:
    gauges = {symbol: _gauge(f"pond_{name}", text, ("pond",)) for symbol, (name, _, text) in QUANTITIES.items()}
    quality = _gauge(
        "pond_quality", "How far a value may be trusted: 0 good, 1 uncertain, 2 bad.", ("pond", "quantity")
    )
    age = _gauge("pond_reading_age_seconds", "Age of the newest reading.", ("pond",))
    for pond in ponds:
        for value in values_of(pond):
            symbol = value.quantity.symbol
            quality.add_metric((pond["id"], symbol), QUALITIES.index(value.quality))
            if symbol in gauges and value.value is not None:
                gauges[symbol].add_metric((pond["id"],), value.value * QUANTITIES[symbol][1])
        if pond["age_s"] is not None:
            age.add_metric((pond["id"],), pond["age_s"])
    yield from (*gauges.values(), quality, age)


def _machines(ponds: list[Snapshot]) -> Iterator[Metric]:
    names = {
        "running": "1 while it runs.",
        "wanted": "1 while control wants it to run.",
        "failed": "1 when it was told to run and does not.",
        "override": "1 while it is set by hand.",
    }
    for field, text in names.items():
        gauge = _gauge(f"aerator_{field}", text, ("pond", "aerator"))
        for pond, row in _rows(ponds):
            if row[field] is not None:
                gauge.add_metric((pond, str(row["number"])), float(row[field]))
        yield gauge
    current = _gauge("aerator_current_amperes", "Its motor's current.", ("pond", "aerator"))
    for pond, row in _rows(ponds):
        if row["current_a"] is not None:
            current.add_metric((pond, str(row["number"])), row["current_a"])
    yield current


def _rows(ponds: list[Snapshot]) -> Iterator[tuple[str, Snapshot]]:
    return ((pond["id"], row) for pond in ponds for row in pond["machines"])


def _devices(devices: list[Snapshot]) -> Iterator[Metric]:
    labels = ("device", "line")
    for field, text in DEVICE_COUNTERS.items():
        counter = CounterMetricFamily(f"pondkeeper_bus_{field}", text, labels=labels)
        for device in devices:
            counter.add_metric((device["name"], device["line"]), device[field])
        yield counter
    up = _gauge("bus_device_up", "1 while a device answers.", labels)
    latency = _gauge("bus_latency_seconds", "How long a device takes to answer.", labels)
    for device in devices:
        up.add_metric((device["name"], device["line"]), float(not device["error"]))
        if not device["error"]:
            latency.add_metric((device["name"], device["line"]), device["latency_ms"] / 1000)
    yield from (up, latency)


def _house(snapshot: Snapshot) -> Iterator[Metric]:
    journal, cloud = snapshot.get("journal", {}), snapshot.get("cloud", {})
    known = {
        "journal_size_bytes": ("Size of the journal.", journal.get("size_bytes")),
        "journal_disk_free_bytes": ("Room on the journal's disk.", journal.get("free_bytes")),
        "journal_failing": ("1 while the journal cannot be written.", float(bool(journal.get("failing")))),
        "uplink_unconfirmed_rows": ("Rows that the cloud has not confirmed.", journal.get("unconfirmed")),
        "uplink_unconfirmed_age_seconds": ("Age of the oldest of them.", journal.get("unconfirmed_age_s")),
        "uplink_connected": (
            "1 while the broker of the cloud is there.",
            float(cloud["connected"]) if cloud.get("used") else None,
        ),
        "control_lateness_seconds": ("The latest pass of the last hour.", snapshot["late_ms"]["worst"] / 1000),
    }
    for name, (text, value) in known.items():
        gauge = _gauge(name, text)
        if value is not None:
            gauge.add_metric((), value)
        yield gauge


def _alarms(snapshot: Snapshot) -> Metric:
    gauge = _gauge("alarms_active", "Alarms that nobody has put away.", ("priority",))
    alarms = active(alarms_of(snapshot))
    for priority in ("critical", "high", "low"):
        gauge.add_metric((priority,), sum(alarm["priority"] == priority for alarm in alarms))
    return gauge

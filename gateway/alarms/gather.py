"""Fills the facts of a pass from the control process; reads only."""

import math
from collections.abc import Iterable, Mapping

from gateway.alarms.facts import DeviceFacts, Facts, MachineFacts, PondFacts
from gateway.alarms.limits import WaterLimits
from gateway.bus.health import Observed
from gateway.bus.samples import Quality
from gateway.clock import Clock
from gateway.control.farm_control import FarmControl
from gateway.control.pond import PondControl
from gateway.farm import Farm, PondSettings

HELD_BACK = frozenset(("feeder_limit", "generator_limit"))
DAY_S = 86400.0


def gather(
    farm: Farm,
    control: FarmControl,
    clock: Clock,
    nodes: Iterable[Observed],
    *,
    limits: Mapping[str, WaterLimits],
    failing_since_s: Mapping[str, float],
    calibrated_wall_s: Mapping[str, float],
    storage: str,
    cloud_silent_s: float | None,
) -> Facts:
    """The farm as it stands after this pass of control."""
    now_s, pond_s = clock.monotonic(), clock.pond_s()
    lines = {part.id: part.line for part in [*farm.node, *farm.panel, *farm.device]}
    return Facts(
        now_s=now_s,
        pond_s=pond_s,
        wall_s=clock.wall(),
        ponds=tuple(
            _pond(
                limits[pond.id],
                pond,
                control.ponds[pond.id],
                powered=control.powered(pond.panel),
                now_s=now_s,
                pond_s=pond_s,
            )
            for pond in farm.pond
        ),
        devices=tuple(
            _device(node, lines[node.name], control, clock, failing_since_s, calibrated_wall_s) for node in nodes
        ),
        storage=storage,
        wall_known=clock.wall_known(),
        cloud_silent_s=cloud_silent_s,
        tariff_warning=control.tariff.warning,
    )


def _pond(
    limits: WaterLimits, settings: PondSettings, pond: PondControl, *, powered: bool, now_s: float, pond_s: float
) -> PondFacts:
    observation = pond.observation
    fresh = pond.sample is not None and now_s - pond.sample.taken_s <= pond.judge.stale_after_s
    return PondFacts(
        id=settings.id,
        node=settings.node,
        panel=settings.panel,
        oxygen=observation.oxygen if observation else pond.judge.oxygen(),
        low_mg_l=settings.alarm_low,
        danger_mg_l=settings.danger_low,
        minutes_to_danger=_minutes(pond, pond_s, powered=powered),
        verdict=pond.verdict,
        readings=_readings(pond) if fresh and not pond.address_fault else {},
        limits=limits,
        machines=tuple(
            MachineFacts(number=number, failed=pond.guard.failed(at), stuck=pond.guard.stuck(at))
            for at, number in enumerate(settings.aerators)
        ),
        held_back=sum(reason.code in HELD_BACK for reason in pond.reasons()),
    )


def _minutes(pond: PondControl, pond_s: float, *, powered: bool) -> float | None:
    """With all machines, or with none while the power is gone."""
    if pond.prospect is None:
        return None
    danger = pond.prospect.with_air if powered else pond.prospect.without_air
    if danger.to_danger_minutes is None:
        return math.inf
    return max(0.0, danger.to_danger_minutes - (pond_s - pond.prospect.made_s) / 60)


def _readings(pond: PondControl) -> dict[str, float]:
    assert pond.sample is not None
    good = [reading for reading in reversed(pond.sample.readings) if reading.quality is Quality.GOOD]
    return {reading.quantity: reading.value for reading in good if reading.value is not None}


def _device(
    node: Observed,
    line: str,
    control: FarmControl,
    clock: Clock,
    failing_since_s: Mapping[str, float],
    calibrated_wall_s: Mapping[str, float],
) -> DeviceFacts:
    since_s, calibrated_s = failing_since_s.get(node.name), calibrated_wall_s.get(node.name)
    panel = control.fresh_panel(node.name)
    return DeviceFacts(
        name=node.name,
        line=line,
        panel=node.on_gateway_death is not None,
        watches=any(pond.node == node.name for pond in control.settings.values()),
        failing_s=0.0 if since_s is None else max(clock.monotonic() - since_s, 1e-3),
        twins=node.duplicates,
        phases=panel.state.mains if panel and panel.state else None,
        powered=control.powered(node.name),
        calibrated_days=None
        if calibrated_s is None or not clock.wall_known()
        else (clock.wall() - calibrated_s) / DAY_S,
    )

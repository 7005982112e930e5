"""The farm as it stands, for the page: plain data, no objects."""

from typing import Any

from gateway.clock import Clock
from gateway.control.farm_control import FarmControl
from gateway.control.observation import Oxygen
from gateway.control.pond import PondControl
from gateway.control.prospect import Limits
from gateway.farm import PondSettings
from hardware.quantities import DO

SURE_SHARE = 0.2
OTHER_QUANTITIES = ("temperature_c", "salinity_psu", "ph", "do_sat")


def farm_snapshot(control: FarmControl, clock: Clock, name: str) -> dict[str, Any]:
    """Everything that the page shows at once."""
    return {
        "farm": name,
        "at_wall_s": clock.wall(),
        "wall_known": clock.wall_known(),
        "speed": clock.speed,
        "tariff": {"name": control.tariff.title, "warning": control.tariff.warning},
        "ponds": [_pond(pond, control.settings[name]) for name, pond in control.ponds.items()],
    }


def level(oxygen: Oxygen, limits: Limits) -> str:
    """ok, watch, danger or lost: the word, colour and shape that a farmer sees."""
    if not oxygen.good or oxygen.value_mg_l is None:
        return "lost"
    if oxygen.value_mg_l < limits.danger_mg_l:
        return "danger"
    return "watch" if oxygen.value_mg_l < limits.low_mg_l else "ok"


def _pond(pond: PondControl, settings: PondSettings) -> dict[str, Any]:
    observation = pond.observation
    oxygen = observation.oxygen if observation else pond.judge.oxygen()
    return {
        "id": settings.id,
        "name": settings.name,
        "node": pond.sample.node if pond.sample else None,
        "level": level(oxygen, pond.setup.limits),
        "do_state": str(oxygen.state),
        "detail": oxygen.detail,
        "do_mg_l": oxygen.value_mg_l,
        "age_s": oxygen.age_s,
        "stale_after_s": pond.judge.stale_after_s,
        "trend_mg_l_h": oxygen.trend_mg_l_h,
        "limits": {"danger": settings.danger_low, "alarm": settings.alarm_low},
        "others": _others(pond),
        "machines": _machines(pond, settings),
        "outlook": pond.prospect.outlook if pond.prospect else None,
        "probe": pond.probe(),
    }


def _others(pond: PondControl) -> list[dict[str, Any]]:
    if pond.sample is None:
        return []
    return [
        {"quantity": reading.quantity, "value": reading.value, "quality": int(reading.quality)}
        for reading in pond.sample.readings
        if reading.quantity in OTHER_QUANTITIES and reading.quantity != DO.symbol
    ]


def _machines(pond: PondControl, settings: PondSettings) -> list[dict[str, Any]]:
    observation, reasons = pond.observation, pond.reasons()
    rows = []
    for at, aerator in enumerate(settings.aerators):
        machine = observation.machines[at] if observation else None
        reason = reasons[at]
        rows.append(
            {
                "number": aerator,
                "wanted": pond.decision.run[at] if pond.decision else None,
                "allowed": machine.allowed if machine else None,
                "running": machine.running if machine else None,
                "switch": machine.hand_off_auto if machine else None,
                "current_a": machine.current_a if machine else None,
                "failed": pond.guard.failed(at),
                "stuck": pond.guard.stuck(at),
                "override": at in pond.guard.overrides,
                "reason": reason.code,
                "numbers": reason.numbers,
                "effect": _effect(pond, settings, at),
            }
        )
    return rows


def _effect(pond: PondControl, settings: PondSettings, at: int) -> dict[str, Any] | None:
    """Oxygen that the machine is believed to give for a kilowatt-hour; None where the pond's size is not known."""
    water, estimator = settings.water(), pond.pilot.estimator
    if water is None or not estimator.known:
        return None
    share, spread = estimator.factor(at)
    spread *= max(1.0, estimator.unrest)
    return {
        "kg_o2_per_kwh": round(share * water.kg_o2_per_kwh, 3),
        "spread": round(spread * water.kg_o2_per_kwh, 3),
        "share": round(share, 3),
        "sure": spread <= SURE_SHARE,
    }

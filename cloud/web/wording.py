"""What pages say of a pond."""

from datetime import UTC, datetime, timedelta
from typing import Any

from cloud.telemetry.calendar import AHEAD_S
from cloud.web.overview import PondView
from gateway.text import Text

OTHERS = ("temperature_c", "salinity_psu", "ph", "do_sat")


def card(view: PondView, words: Text) -> dict[str, Any]:
    """A pond as the farm's own templates take it."""
    return {
        "id": view.pond.id,
        "name": view.pond.name,
        "farm": view.farm.farm_name or view.farm.id,
        "age": age(view.age_s, words),
        "level": view.level,
        "urgency": view.urgency,
        "do_state": view.do_state,
        "do_mg_l": view.do_mg_l,
        "trend_mg_l_h": None,
        "silent": view.silent,
        "lowest": view.lowest,
        "lowest_at": clock(view.lowest.at) if view.lowest else "",
        "others": [
            {"quantity": item.quantity, "value": item.value, "quality": item.quality}
            for item in (view.newest.readings if view.newest else ())
            if item.quantity in OTHERS
        ],
    }


def age(age_s: float | None, words: Text) -> str:
    """How old a value is."""
    if age_s is None:
        return ""
    value, unit = (
        (age_s, "second") if age_s < 100 else (age_s / 60, "minute") if age_s < 6000 else (age_s / 3600, "hour")
    )
    return words("unit.age", age=f"{max(0, round(value))} {words('unit.' + unit)}")


def clock(at: float) -> str:
    """A time of day in Vietnam, with its date."""
    return (datetime.fromtimestamp(at, UTC) + timedelta(seconds=AHEAD_S)).strftime("%H:%M %d/%m")

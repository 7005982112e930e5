"""The farm as neighbours are told of it: a value only while it is good, for what is old must not look like news."""

from dataclasses import dataclass
from typing import Any

from gateway.web.desk import Desk
from hardware.quantities import BY_SYMBOL, DO, Quantity

GOOD, UNCERTAIN, BAD = "good", "uncertain", "bad"
QUALITIES = (GOOD, UNCERTAIN, BAD)
OVER = frozenset(("shelved", "suppressed", "out_of_service"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One quantity of a pond; `value` is None unless it may be used."""

    quantity: Quantity
    value: float | None
    quality: str


def farm_now(desk: Desk) -> dict[str, Any] | None:
    """The newest snapshot with ages of now; None while control does not speak."""
    return desk.aged() if desk.control_speaks else None


def values_of(pond: dict[str, Any]) -> list[Value]:
    """Oxygen first, then what else the pond's board measures."""
    fresh = pond["age_s"] is not None and pond["age_s"] <= pond["stale_after_s"]
    good = fresh and pond["do_state"] == "good" and pond["do_mg_l"] is not None
    values = [Value(quantity=DO, value=pond["do_mg_l"] if good else None, quality=GOOD if good else BAD)]
    for other in pond["others"]:
        known = BY_SYMBOL.get(other["quantity"])
        if known is None:
            continue
        quality = QUALITIES[other["quality"]] if fresh and other["value"] is not None else BAD
        values.append(Value(quantity=known, value=other["value"] if quality == GOOD else None, quality=quality))
    return values


def alarms_of(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    """Every alarm that is shown."""
    return list(snapshot.get("alarms", {}).get("list", []))


def active(alarms: list[dict[str, Any]], pond: str | None = None) -> list[dict[str, Any]]:
    """Those that nobody has put away, of one pond where it is given.

    Of one pond what a cause of the whole farm has suppressed counts too: the pond is in trouble all the same.
    """
    if pond is None:
        return [alarm for alarm in alarms if alarm["state"] not in OVER]
    return [alarm for alarm in alarms if alarm["pond"] == pond and alarm["state"] not in OVER - {"suppressed"}]

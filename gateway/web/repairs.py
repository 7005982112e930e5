"""Which machine to look at first: what does not run, what cannot be stopped, what gives too little oxygen for its power."""

from dataclasses import dataclass
from statistics import median
from typing import Any

LITTLE_SHARE = 0.75
SURE_SPREADS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One machine; `what` is a key of `repair` texts, `share` its oxygen for a kWh against its mates' where that is why."""

    pond: str
    number: int
    what: str
    share: float | None = None


def repairs(ponds: list[dict[str, Any]]) -> list[Repair]:
    """The worst first."""
    found: list[Repair] = []
    for pond in ponds:
        for row in pond["machines"]:
            if row["failed"]:
                found.append(Repair(pond=pond["name"], number=row["number"], what="failed"))
            elif row["stuck"]:
                found.append(Repair(pond=pond["name"], number=row["number"], what="stuck"))
    return found + sorted(_weak(ponds), key=lambda repair: repair.share or 0.0)


def _weak(ponds: list[dict[str, Any]]) -> list[Repair]:
    """Surely under three quarters of what the pond's others give."""
    found = []
    for pond in ponds:
        sure = [row for row in pond["machines"] if (row.get("effect") or {}).get("sure")]
        for row in sure:
            others = [other["effect"]["kg_o2_per_kwh"] for other in sure if other is not row]
            usual = median(others) if others else 0.0
            effect = row["effect"]
            limit = LITTLE_SHARE * usual
            if effect["kg_o2_per_kwh"] + SURE_SPREADS * effect["spread"] < usual and effect["kg_o2_per_kwh"] < limit:
                share = effect["kg_o2_per_kwh"] / usual
                found.append(Repair(pond=pond["name"], number=row["number"], what="weak", share=share))
    return found

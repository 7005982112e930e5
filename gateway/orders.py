"""What people and programs may ask of control, wherever they stand: one path for all of them."""

from typing import Any

from gateway.farm import Farm

LONGEST_MINUTES = 60.0

Order = dict[str, Any]


class NoSuchMachine(Exception):
    """The farm has no such pond, or the pond no such aerator; the text names it."""


def override_order(farm: Farm, pond: str, aerator: int, run: bool, minutes: float, who: str) -> Order:
    """Set an aerator (numbered as on its panel) by hand for so many minutes; NoSuchMachine."""
    machine = _place(farm, pond, aerator)
    return {"do": "override", "pond": pond, "machine": machine, "run": run, "minutes": minutes, "who": who}


def release_order(farm: Farm, pond: str, aerator: int, who: str) -> Order:
    """Give an aerator back to automatic; NoSuchMachine."""
    return {"do": "release", "pond": pond, "machine": _place(farm, pond, aerator), "who": who}


def acknowledge_order(alarm: int | str, who: str, by: str) -> Order:
    """Acknowledge an alarm by its number, or "all"."""
    return {"do": "acknowledge", "alarm": alarm, "who": who, "by": by}


def _place(farm: Farm, pond: str, aerator: int) -> int:
    settings = next((one for one in farm.pond if one.id == pond), None)
    if settings is None:
        raise NoSuchMachine(f"there is no pond {pond}")
    if aerator not in settings.aerators:
        raise NoSuchMachine(f"there is no aerator {aerator} at pond {pond}")
    return settings.aerators.index(aerator)

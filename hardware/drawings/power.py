"""Power budgets from power.csv and supply.csv of each node."""

import csv
from dataclasses import dataclass
from pathlib import Path

_MAINS = "- Mains: G1 gives 1.9 A at 13.8 V beside the charge of the battery."


@dataclass(frozen=True)
class Load:
    """One consumer: what it draws, and the share of the time in which it does."""

    name: str
    supply_v: float
    current_ma: float
    share: float
    source: str


@dataclass(frozen=True)
class Budget:
    """A node's loads and what feeds them."""

    loads: tuple[Load, ...]
    converter_efficiency: float
    bus_v: float
    battery_v: float
    battery_ah: float
    usable_share: float
    panel_w: float
    sun_h: float
    solar_efficiency: float

    def watts(self, load: Load) -> float:
        """Mean power that this load takes from the 12 V side."""
        loss = 1.0 if load.supply_v >= 12 else self.converter_efficiency
        return load.supply_v * load.current_ma / 1000 * load.share / loss

    @property
    def mean_w(self) -> float:
        """Mean power of all loads."""
        return sum(self.watts(load) for load in self.loads)

    @property
    def day_wh(self) -> float:
        """Energy of one day."""
        return self.mean_w * 24

    @property
    def usable_wh(self) -> float:
        """What may be taken from a full battery."""
        return self.battery_v * self.battery_ah * self.usable_share

    @property
    def autonomy_h(self) -> float:
        """How long a full battery lasts alone."""
        return self.usable_wh / self.mean_w

    @property
    def harvest_wh(self) -> float:
        """What the solar panel brings on a day of the darkest month."""
        return self.panel_w * self.sun_h * self.solar_efficiency


def read(folder: Path) -> Budget:
    """The budget of the node in this folder."""
    with (folder / "power.csv").open(encoding="utf-8", newline="") as file:
        loads = tuple(
            Load(row["load"], float(row["supply_v"]), float(row["current_ma"]), float(row["share"]), row["source"])
            for row in csv.DictReader(file)
        )
    with (folder / "supply.csv").open(encoding="utf-8", newline="") as file:
        return Budget(loads, **{row["name"]: float(row["value"]) for row in csv.DictReader(file)})


def page(node: str, budget: Budget) -> str:
    """hardware/<node>/power.md."""
    lines = [
        f"# Power budget of the {node.replace('_', ' ')}",
        "",
        "Generated from `power.csv` and `supply.csv` by `python -m hardware.drawings`; do not edit. Currents without a data",
        "sheet behind them are estimates: measure the built node with a meter in series with F1 and correct the table.",
        "",
        "| load | V | mA | share of time | mean W | source |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.name} | {one.supply_v:g} | {one.current_ma:g} | {one.share:g} | {budget.watts(one):.2f} | {one.source} |"
        for one in budget.loads
    ]
    volts, hours = f"{budget.battery_v:g} V x {budget.battery_ah:g} Ah", budget.autonomy_h
    lines += [
        "",
        f"- Mean power {budget.mean_w:.2f} W: {budget.day_wh:.0f} Wh a day.",
        f"- Loads at 5 V come through a converter of {budget.converter_efficiency:.0%}.",
        f"- Battery {volts} x {budget.usable_share:.0%} usable = {budget.usable_wh:.0f} Wh.",
        f"- Without any supply: {budget.usable_wh:.0f} / {budget.mean_w:.2f} = {hours:.0f} h ({hours / 24:.1f} days).",
    ]
    lines += _solar(budget) if budget.panel_w else [_MAINS]
    return "\n".join(lines) + "\n"


def _solar(budget: Budget) -> list[str]:
    spare_wh = budget.harvest_wh - budget.day_wh
    factors = f"{budget.panel_w:g} W x {budget.sun_h:g} h x {budget.solar_efficiency:.0%}"
    return [
        f"- Mains variant: {budget.mean_w / budget.bus_v * 1000:.0f} mA at {budget.bus_v:g} V over the line cable.",
        f"- Solar, darkest month: {factors} = {budget.harvest_wh:.0f} Wh a day,",
        f"  {budget.harvest_wh / budget.day_wh:.1f} times the need.",
        f"- An empty battery is full again after {budget.usable_wh / spare_wh:.1f} such days.",
        "- Hours of full sun: take your province's figure; 2 h is a cautious one for the north, 3.5 h for the Mekong delta.",
    ]

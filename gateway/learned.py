"""pondkeeper-gateway learn: what the journal tells of each pond and each aerator, as tables or as JSON."""

import contextlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import apsw
import numpy as np
from rich.console import Console
from rich.table import Table

from gateway.clock import Clock, PondTime, hour_of
from gateway.control.estimator import Water
from gateway.control.learn import AeratorBelief, History, PondBelief, learn, running_from_current, worst_first
from gateway.farm import Farm, PondSettings
from gateway.journal.minutes import NodeMinutes, read_minutes
from gateway.journal.reader import JournalReader
from gateway.process import journal_path
from gateway.text import Text
from hardware.quantities import CURRENT, DO, DO_SATURATION, SALINITY, TEMPERATURE

MINUTE_S, DAY_S = 60.0, 86400.0
HOURS_EACH = 3
HOURS_SHOWN = range(0, 24, HOURS_EACH)


class NoHistory(Exception):
    """The journal cannot be read; `key` and `detail` say why."""

    def __init__(self, key: str, detail: str) -> None:
        super().__init__(f"{key}: {detail}")
        self.key = key
        self.detail = detail


@dataclass(frozen=True, kw_only=True)
class Learned:
    """One pond: its belief, None where `lacks` (a key of the catalogue) names what is missing."""

    pond: PondSettings
    belief: PondBelief | None = None
    lacks: str = ""


def waters_of(farm: Farm) -> dict[str, Water]:
    """The ponds of which farm.toml says how large they are and what their aerators draw."""
    waters = {pond.id: pond.water() for pond in farm.pond}
    return {pond: water for pond, water in waters.items() if water is not None}


def learn_farm(farm: Farm, waters: Mapping[str, Water], days: int) -> list[Learned]:
    """Every pond of the farm out of its last days; raises NoHistory."""
    path = journal_path(farm)
    if not path.exists():
        raise NoHistory("no_journal", str(path))
    try:
        with contextlib.closing(JournalReader(path)) as reader:
            return _learn(reader, farm, waters, days)
    except apsw.Error as error:
        raise NoHistory("damaged_journal", f"{path}: {error}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise NoHistory("damaged_journal", f"{path}: a row that makes no sense ({error})") from error


def _learn(reader: JournalReader, farm: Farm, waters: Mapping[str, Water], days: int) -> list[Learned]:
    newest_s = reader.newest_sample_s()
    if newest_s is None:
        raise NoHistory("empty_journal", str(journal_path(farm)))
    speed = farm.simulation.speed
    since_s, until_s = newest_s - days * DAY_S / speed, newest_s + 1.0
    boards = reader.devices()
    minutes = read_minutes(reader, list(boards.values()), since_s, until_s, MINUTE_S / speed)
    hours = _first_hour(farm, since_s)
    return [_pond(pond, waters.get(pond.id), boards, minutes, hours) for pond in farm.pond]


def _pond(
    pond: PondSettings, water: Water | None, boards: dict[str, str], minutes: dict[str, NodeMinutes], first_hour: float
) -> Learned:
    if water is None:
        return Learned(pond=pond, lacks="no_size" if pond.aerators else "no_aerators")
    probes = minutes.get(boards.get(pond.node, ""))
    if probes is None:
        return Learned(pond=pond, lacks="no_readings")
    panel = minutes.get(boards.get(pond.panel or "", ""))
    history = _history(pond, probes, panel, first_hour)
    if np.isfinite(history.do_mg_l).any() and not np.isfinite(history.running).all(axis=1).any():
        return Learned(pond=pond, lacks="no_currents")
    return Learned(pond=pond, belief=learn(history, water))


def _history(pond: PondSettings, probes: NodeMinutes, panel: NodeMinutes | None, first_hour: float) -> History:
    running = np.zeros((probes.count, len(pond.aerators)))
    for at, aerator in enumerate(pond.aerators):
        current_a = np.full(probes.count, math.nan) if panel is None else panel.mean(CURRENT.symbol, aerator - 1)
        running[:, at] = running_from_current(current_a)
    return History(
        hour=first_hour + np.arange(probes.count) / 60,
        do_mg_l=probes.mean(DO.symbol),
        do_sat=probes.mean(DO_SATURATION.symbol),
        temperature_c=probes.mean(TEMPERATURE.symbol),
        salinity_psu=probes.mean(SALINITY.symbol),
        running=running,
    )


def _first_hour(farm: Farm, wall_s: float) -> float:
    """The hour of the ponds' day at a wall time; a simulated farm's is counted back from now."""
    simulation = farm.simulation
    clock = Clock(speed=simulation.speed)
    there = hour_of(PondTime(clock, simulation.begins_hour, simulation.begins_s).now())
    if simulation.begins_hour is not None and there is not None:
        return (there - (clock.wall() - wall_s) * simulation.speed / 3600) % 24
    at = datetime.fromtimestamp(wall_s).astimezone()
    return at.hour + at.minute / 60 + at.second / 3600


def enough(learned: list[Learned]) -> bool:
    """True when at least one pond could be learned."""
    return any(one.belief is not None and not one.belief.missing_days for one in learned)


def as_json(learned: list[Learned]) -> str:
    """Everything, for programs; what is not known is null."""
    return json.dumps([_plain(one) for one in learned], indent=2, ensure_ascii=False)


def _plain(one: Learned) -> dict[str, Any]:
    belief = _finite(asdict(one.belief)) if one.belief else {}
    for aerator in belief.get("aerators", []):
        aerator["number"] = one.pond.aerators[aerator.pop("at")]
    return {"pond": one.pond.id, "name": one.pond.name, "lacks": one.lacks, **belief}


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value


def show(learned: list[Learned], t: Text, console: Console) -> None:
    """Tables: ponds, then aerators, the worst first; a line for each pond of which too little is known."""
    known = [one for one in learned if one.belief and not one.belief.missing_days]
    if known:
        console.print(_ponds(known, t), _rates(known, t), sep="\n")
    if any(one.belief and one.belief.aerators for one in known):
        console.print(_aerators(known, t))
        console.print(t("learn.aerators_note"))
    for one in learned:
        if one.lacks:
            console.print(f"{one.pond.name}: {t(f'learn.{one.lacks}')}")
        elif one.belief and one.belief.missing_days:
            days = math.ceil(one.belief.missing_days)
            console.print(f"{one.pond.name}: {t('learn.needs_days', have=one.belief.days, days=days)}")


def _ponds(known: list[Learned], t: Text) -> Table:
    table = Table(title=t("learn.ponds"))
    table.add_column(t("learn.pond"))
    for name in ("days", "lowest", "demand", "demand_kg"):
        table.add_column(t(f"learn.{name}"), justify="right")
    for one in known:
        belief = one.belief
        assert belief is not None
        lowest = t("learn.lowest_value", low=belief.lowest_mg_l, hour=belief.lowest_hour)
        night = belief.demand_kg_h * 1000 / belief.volume_m3
        demands = t.number(night, 2), t.number(belief.demand_kg_h, 2)
        table.add_row(one.pond.name, t.number(belief.days), lowest, *demands)
    return table


def _rates(known: list[Learned], t: Text) -> Table:
    table = Table(title=t("learn.rates"))
    table.add_column(t("learn.pond"))
    for hour in HOURS_SHOWN:
        table.add_column(t.hour(hour), justify="right")
    for one in known:
        assert one.belief is not None
        rates = one.belief.rates_mg_l_h
        means = (sum(rates[hour : hour + HOURS_EACH]) / HOURS_EACH for hour in HOURS_SHOWN)
        table.add_row(one.pond.name, *(t.number(mean) for mean in means))
    return table


def _aerators(known: list[Learned], t: Text) -> Table:
    table = Table(title=t("learn.aerators"))
    table.add_column(t("learn.pond"))
    table.add_column(t("learn.aerator"))
    for name in ("kg_per_kwh", "against", "starts", "hours"):
        table.add_column(t(f"learn.{name}"), justify="right")
    owners: dict[int, Learned] = {}
    rows: list[AeratorBelief] = []
    for one in known:
        assert one.belief is not None
        for aerator in one.belief.aerators:
            owners[id(aerator)] = one
            rows.append(aerator)
    for aerator in worst_first(rows):
        pond = owners[id(aerator)].pond
        name = t("machine.name", n=pond.aerators[aerator.at])
        starts, run_h = t.number(aerator.starts, 0), t.number(aerator.run_h, 0)
        table.add_row(pond.name, name, *_efficiency(aerator, t), starts, run_h)
    return table


def _efficiency(aerator: AeratorBelief, t: Text) -> tuple[str, str]:
    if not aerator.sure:
        return t("learn.unsure"), "–"
    kg = f"{t.number(aerator.kg_o2_per_kwh, 2)} ± {t.number(aerator.spread, 2)}"
    return kg, f"{t.number(100 * aerator.share, 0)} %"

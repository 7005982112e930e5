"""Pictures of the benchmark for the docs: weeks of single runs and the costs of all, as small SVG files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import mean

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.oxygen.jobs import Row
from bench.oxygen.metrics import Trace
from bench.oxygen.oracle import Oracle
from bench.oxygen.players import players
from bench.oxygen.run import facts_of, timed
from bench.oxygen.scenarios import BY_NAME, DAYS, Scenario
from bench.oxygen.tariff import price_at
from bench.oxygen.truth import WARM_UP_MINUTES, course

EVERY_MINUTES = 10
WEEKS = ("A", "B", "C", "D", "E", "G", "O", "R", "S")
BEST_OF_THE_BASELINES = ("ours", "pid", "hyst47")
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COLORS = ("#0b6e4f", "#c8553d", "#5b5f97", "#8a8d91", "#c79a00", "#3d8bc8", "#9c4f96", "#444444")
LOW, DANGER = 4.0, 3.0


@dataclass(frozen=True)
class Line:
    """One controller's week, every 10 minutes."""

    name: str
    do_mg_l: list[float]
    machines: list[float]
    trace: Trace | None = None


def draw(rows: list[Row], scenarios: Sequence[str], folder: Path, seed: int) -> list[Path]:
    """One picture for each scenario that is worth one, and the bars of all costs."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "pondkeeper", "path.simplify": True, "font.size": 8})
    folder.mkdir(parents=True, exist_ok=True)
    made = [week(BY_NAME[name], folder, seed) for name in scenarios if name in WEEKS]
    made.append(costs(rows, folder))
    return made


def week(scenario: Scenario, folder: Path, seed: int) -> Path:
    """Oxygen, probe, machines and price of one week, for a few controllers and the optimum."""
    lines = _lines(scenario, seed)
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    reasons_too = bool(lines[0].trace and lines[0].trace.words)
    parts = figure.subplots(3 if reasons_too else 2, 1, sharex=True, height_ratios=(8, 4, 1)[: 3 if reasons_too else 2])
    oxygen, machines = parts[0], parts[1]
    hours = np.arange(len(lines[0].do_mg_l)) * EVERY_MINUTES / 60
    _price(oxygen)
    _price(machines)
    for line, color in zip(lines, COLORS, strict=False):
        width = 1.3 if line is lines[0] else 0.8
        oxygen.plot(hours, line.do_mg_l, color=color, linewidth=width, label=line.name)
        machines.step(hours, line.machines, color=color, linewidth=width, where="post")
    _probe(oxygen, scenario, lines[0], hours)
    for level in (LOW, DANGER):
        oxygen.axhline(level, color="#b00020", linewidth=0.6, linestyle="--")
    oxygen.set_ylabel("oxygen, mg/L")
    oxygen.set_ylim(bottom=min(2.0, *(min(line.do_mg_l) for line in lines)))
    oxygen.legend(loc="upper right", ncols=5, fontsize=7, frameon=False)
    oxygen.set_title(
        f"{scenario.name}: {scenario.title} (seed {seed}; shaded: peak and off-peak price)", loc="left", fontsize=9
    )
    machines.set_ylabel("machines")
    machines.set_ylim(0, scenario.kind.machines + 0.3)
    if reasons_too and lines[0].trace:
        _reasons(parts[2], lines[0].trace)
    parts[-1].set_xlim(0, DAYS * 24)
    parts[-1].set_xticks([day * 24 + 12 for day in range(DAYS)], labels=DAY_NAMES)
    for day in range(1, DAYS):
        for axes in (oxygen, machines):
            axes.axvline(day * 24, color="#dddddd", linewidth=0.5, zorder=0)
    return _save(figure, folder / f"{scenario.name.lower().replace('+', '-plus')}.svg")


def costs(rows: list[Row], folder: Path) -> Path:
    """Cost over the optimum in the scenarios without a fault; a cross marks minutes below 4."""
    scenarios = [name for name in ("A", "B", "C", "D", "R") if any(row.scenario == name for row in rows)]
    names = [name for name in dict.fromkeys(row.player for row in rows) if name not in ("oracle", "always", "timer")]
    figure = Figure(figsize=(7, 2.8), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / max(1, len(names))
    for place, name in enumerate(names):
        for at, scenario in enumerate(scenarios):
            runs = [row.metrics for row in rows if row.player == name and row.scenario == scenario]
            regrets = [run.regret for run in runs if run.regret is not None]
            if not regrets:
                continue
            x = at - 0.4 + (place + 0.5) * width
            label = name if at == 0 else None
            axes.bar(x, 100 * (mean(regrets) - 1), width * 0.9, color=COLORS[place % len(COLORS)], label=label)
            if mean(run.below_4 for run in runs) >= 1:
                axes.plot(x, 100 * (mean(regrets) - 1) + 2, "x", color="#b00020", markersize=4)
    axes.set_xticks(range(len(scenarios)), labels=scenarios)
    axes.set_ylabel("cost over the optimum, %")
    axes.legend(ncols=3, fontsize=7, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    return _save(figure, folder / "costs.svg")


def _lines(scenario: Scenario, seed: int) -> list[Line]:
    """Ours, if there, or the best baseline first, then the simple ones and the optimum."""
    weather = course(scenario, seed)
    known = players()
    names = [name for name in BEST_OF_THE_BASELINES if name in known][:2]
    lines: list[Line] = []
    for name in names:
        trace, _ = timed(scenario, weather, known[name](facts_of(scenario)), seed)
        week = slice(WARM_UP_MINUTES, None)
        counts = [float(sum(running)) for running in trace.running[week]]
        lines.append(Line(name, _thin(trace.do_mg_l[week]), _thin(counts, lowest=False), trace))
    start = lines[0].trace
    assert start
    best = Oracle(scenario, weather).play(start.do_mg_l[WARM_UP_MINUTES - 1], sum(start.running[WARM_UP_MINUTES - 1]))
    return [*lines, Line("optimum", _thin(best.do_mg_l), _thin([float(n) for n in best.machines], lowest=False))]


def _thin(values: list[float], lowest: bool = True) -> list[float]:
    """Every tenth minute; oxygen at its lowest within them, so that no dip is hidden."""
    parts = np.array(values).reshape(-1, EVERY_MINUTES)
    return [round(float(value), 2) for value in (parts.min(axis=1) if lowest else parts[:, 0])]


def _probe(axes: Axes, scenario: Scenario, line: Line, hours: np.ndarray) -> None:
    """What the probe said, where it lied, with the alarms."""
    if scenario.probe is None or line.trace is None:
        return
    said = [np.nan if value is None else value for value in line.trace.said_mg_l[WARM_UP_MINUTES:]]
    axes.plot(hours, said[::EVERY_MINUTES], color="#e0a100", linewidth=0.5, label="probe")
    for minute, kind in line.trace.alarms:
        if minute >= WARM_UP_MINUTES:
            hour = (minute - WARM_UP_MINUTES) / 60
            axes.axvline(hour, color="#e0a100", linewidth=0.8)
            axes.annotate(kind, (hour, axes.get_ylim()[1]), fontsize=6, rotation=90, va="top", ha="right")


def _price(axes: Axes) -> None:
    """Shade the hours of the highest and of the lowest price."""
    prices = [price_at(quarter / 4) for quarter in range(DAYS * 96)]
    for level, color in ((max(prices), "#f6e3c5"), (min(prices), "#e6f0ea")):
        for start, end in _spans([price == level for price in prices]):
            axes.axvspan(start / 4, end / 4, color=color, linewidth=0, zorder=0)


def _reasons(axes: Axes, trace: Trace) -> None:
    """Bands of the reasons that held longest, each from its minute to the next one's."""
    words = [(max(0, minute - WARM_UP_MINUTES) / 60, word) for minute, word in trace.words]
    ends = [*(hour for hour, _ in words[1:]), DAYS * 24.0]
    bands: dict[str, list[tuple[float, float]]] = {}
    for (start, word), end in zip(words, ends, strict=True):
        if end > start:
            bands.setdefault(word, []).append((start, end - start))
    longest = sorted(bands, key=lambda word: -sum(length for _, length in bands[word]))[: len(COLORS)]
    for word, color in zip(longest, COLORS, strict=False):
        axes.broken_barh(bands[word], (0, 1), color=color, linewidth=0, label=word)
    axes.set_yticks([])
    axes.set_ylabel("why", rotation=0, ha="right", va="center")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.5), ncols=len(longest) or 1, fontsize=7, frameon=False)


def _spans(held: list[bool]) -> list[tuple[int, int]]:
    """First and end of each run of True."""
    edges = np.flatnonzero(np.diff([False, *held, False]))
    return [(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]


def _save(figure: Figure, path: Path) -> Path:
    """Coordinates to a tenth of a point: half the size, the same picture."""
    picture = StringIO()
    figure.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    path.write_text(re.sub(r"(\d+\.\d)\d+", r"\1", picture.getvalue()), encoding="utf-8")
    return path

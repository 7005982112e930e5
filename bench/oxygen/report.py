"""The rows of a benchmark as tables and as JSON."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from bench.oxygen.jobs import Row
from bench.oxygen.metrics import Metrics
from bench.oxygen.scenarios import BY_NAME
from bench.table import console, show

Worst = Callable[[list[float]], float] | None


def furthest(values: list[float]) -> float:
    """The one furthest from 0."""
    return max(values, key=abs)


# Head, what is shown, which value is the worst, digits. A column in which no player has a value is left out.
COLUMNS: list[tuple[str, Callable[[Metrics], float | None], Worst, int]] = [
    ("cost / optimum", lambda run: run.regret, max, 3),
    ("kWh", lambda run: run.kwh, None, 0),
    ("kVND", lambda run: run.vnd / 1000, None, 0),
    ("min < 4", lambda run: run.below_4, max, 0),
    ("min < 3", lambda run: run.below_3, max, 0),
    ("deficit", lambda run: run.deficit, max, 0),
    ("lowest", lambda run: run.lowest_mg_l, min, 2),
    ("starts/day", lambda run: run.starts_per_machine_day, max, 1),
    ("starts/h", lambda run: run.most_starts_per_hour, max, 0),
    ("alarm after min", lambda run: run.alarm_after_min, max, 0),
    ("error then", lambda run: run.bias_at_alarm_mg_l, furthest, 2),
    ("false alarms", lambda run: run.false_alarms or None, max, 0),
    ("min over limit", lambda run: run.over_limit or None, max, 0),
    ("kWh / bound", lambda run: run.over_bound, max, 3),
    ("s", lambda run: run.seconds or None, None, 1),
]
NEVER = ("alarm after min", "error then")


def tables(rows: list[Row]) -> None:
    """One table for each scenario: mean over seeds and, in brackets, the worst."""
    seeds = len({row.seed for row in rows})
    for scenario in BY_NAME.values():
        mine = [row for row in rows if row.scenario == scenario.name]
        if not mine:
            continue
        runs: dict[str, list[Metrics]] = {}
        for row in mine:
            runs.setdefault(row.player, []).append(row.metrics)
        heads, lines = _cells(runs)
        show(f"{scenario.name}: {scenario.title}; {seeds} seed{'s' * (seeds > 1)}, mean (worst)", heads, lines)


def _cells(runs: dict[str, list[Metrics]]) -> tuple[list[str], list[list[str]]]:
    heads = ["player"]
    lines = [[name + ("*" if any(run.disqualified for run in runs[name]) else "")] for name in runs]
    for head, value, worst, digits in COLUMNS:
        values = [[value(run) for run in runs[name]] for name in runs]
        if all(number is None for numbers in values for number in numbers):
            continue
        heads.append(head)
        for line, numbers in zip(lines, values, strict=True):
            line.append(_pair(numbers, worst, digits, head in NEVER))
    return heads, lines


def _pair(values: Iterable[float | None], worst: Worst, digits: int, can_miss: bool) -> str:
    """Mean and worst; "never" where a run has no alarm that others have."""
    given = list(values)
    known = [value for value in given if value is not None]
    if not known:
        return "-"
    text = f"{mean(known):.{digits}f}"
    if can_miss and len(known) < len(given):
        return f"{text} (never)"
    if worst and len(given) > 1 and (last := f"{worst(known):.{digits}f}") != text:
        text += f" ({last})"
    return text


def summary(rows: list[Row]) -> None:
    """Cost over the optimum and minutes below 4 of every controller, scenario by scenario."""
    scenarios = [name for name in BY_NAME if any(row.scenario == name for row in rows)]
    names = list(dict.fromkeys(row.player for row in rows if row.player != "oracle"))
    lines = []
    for name in names:
        line = [name]
        for scenario in scenarios:
            runs = [row.metrics for row in rows if row.player == name and row.scenario == scenario]
            line.append(_brief(runs))
        lines.append(line)
    note = "cost over the optimum, minutes below 4 mg/L in a week if any, means over seeds; * = below 3 without a fault"
    for first in range(0, len(scenarios), 10):
        part = slice(1 + first, 11 + first)
        heads = ["player", *["player", *scenarios][part]]
        show("All scenarios", heads, [[line[0], *line[part]] for line in lines])
    console.print(note)


def _brief(runs: list[Metrics]) -> str:
    if not runs:
        return ""
    costs = [run.regret for run in runs if run.regret is not None]
    text = f"{mean(costs):.2f}" if costs else f"{mean(run.kwh for run in runs):.0f} kWh"
    below = mean(run.below_4 for run in runs)
    return text + (f" {below:.0f}" if below else "") + ("*" if any(run.disqualified for run in runs) else "")


def write_json(rows: list[Row], path: Path) -> None:
    """Every run, flat."""
    flat = [
        {"scenario": row.scenario, "player": row.player, "seed": row.seed} | asdict(row.metrics)
        for row in sorted(rows, key=lambda row: (row.scenario, row.player, row.seed))
    ]
    path.write_text(json.dumps(flat, indent=1) + "\n", encoding="utf-8")

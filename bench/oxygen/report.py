"""The rows of a benchmark as tables and as JSON."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from statistics import mean

from bench.oxygen.jobs import Row
from bench.oxygen.metrics import Metrics
from bench.oxygen.scenarios import BY_NAME
from bench.table import show

HEADS = ["player", "cost/opt.", "kWh", "kVND", "min < 4", "min < 3", "deficit", "lowest", "starts/m/d", "most/h",
         "alarm after", "bias then", "false alarms", "s/run"]  # fmt: skip


def tables(rows: list[Row]) -> None:
    """One table for each scenario: mean over seeds and, in brackets, the worst."""
    seeds = sorted({row.seed for row in rows})
    for scenario in BY_NAME.values():
        mine = [row for row in rows if row.scenario == scenario.name]
        if not mine:
            continue
        names = sorted({row.player for row in mine}, key=[row.player for row in mine].index)
        lines = [_line(name, [row.metrics for row in mine if row.player == name]) for name in names]
        show(f"{scenario.name}: {scenario.title}; {len(seeds)} seeds, mean (worst)", HEADS, lines)


def _line(name: str, runs: list[Metrics]) -> list[str]:
    mark = " DISQUALIFIED" if any(run.disqualified for run in runs) else ""
    return [
        name + mark,
        _pair([run.regret for run in runs], max, 3),
        _pair([run.kwh for run in runs], None, 0),
        _pair([run.vnd / 1000 for run in runs], None, 0),
        _pair([run.below_4 for run in runs], max, 0),
        _pair([run.below_3 for run in runs], max, 0),
        _pair([run.deficit for run in runs], max, 0),
        _pair([run.lowest_mg_l for run in runs], min, 2),
        _pair([run.starts_per_machine_day for run in runs], max, 1),
        _pair([run.most_starts_per_hour for run in runs], max, 0),
        _pair([run.alarm_after_min for run in runs], max, 0),
        _pair([run.bias_at_alarm_mg_l for run in runs], lambda values: max(values, key=abs), 2),
        _pair([run.false_alarms for run in runs], max, 1),
        _pair([run.seconds for run in runs], None, 1),
    ]


def _pair(values: Iterable[float | None], worst: Callable[[list[float]], float] | None, digits: int) -> str:
    """Mean and worst; "never" counts where a run has no value that others have."""
    given = list(values)
    known = [value for value in given if value is not None]
    if not known:
        return "-"
    text = f"{mean(known):.{digits}f}"
    if worst and len(given) > 1:
        missed = "never" if len(known) < len(given) else f"{worst(known):.{digits}f}"
        text += f" ({missed})"
    return text


def write_json(rows: list[Row], path: Path) -> None:
    """Every run, flat."""
    flat = [
        {"scenario": row.scenario, "player": row.player, "seed": row.seed} | asdict(row.metrics)
        for row in sorted(rows, key=lambda row: (row.scenario, row.player, row.seed))
    ]
    path.write_text(json.dumps(flat, indent=1) + "\n", encoding="utf-8")

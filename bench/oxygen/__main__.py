"""`make bench-oxygen`: every controller through every scenario."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import time
from pathlib import Path
from typing import Annotated

import typer

from bench.oxygen.jobs import Row, jobs, run_all
from bench.oxygen.players import players
from bench.oxygen.report import summary, tables, write_json
from bench.oxygen.scenarios import BY_NAME
from bench.table import console

QUICK = ["A", "B", "E", "S"]
app = typer.Typer(add_completion=False)


@app.command()
def main(
    quick: Annotated[bool, typer.Option(help="One seed, four scenarios, under 60 s.")] = False,
    seeds: Annotated[str, typer.Option(help="Seeds, with commas.")] = "1,2,3,4,5",
    scenario: Annotated[str, typer.Option(help="Scenarios, with commas; all without.")] = "",
    player: Annotated[str, typer.Option(help="Controllers, with commas; all without.")] = "",
    json: Annotated[Path | None, typer.Option(help="Write every run to this file.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Draw SVG files into this folder.")] = None,
    layers: Annotated[bool, typer.Option(help="Water of two layers instead of one; it has no optimum.")] = False,
    processes: Annotated[int, typer.Option("--jobs", help="Processes at work.")] = 2,
) -> None:
    """Measure controllers of aeration against the clairvoyant optimum."""
    wanted = _chosen(scenario, QUICK if quick else list(BY_NAME), list(BY_NAME))
    names = _chosen(player, list(players()), list(players()))
    numbers = [1] if quick else [int(seed) for seed in seeds.split(",")]
    began = time.perf_counter()
    rows: list[Row] = []
    for done in run_all(jobs(wanted, names, numbers, layers), processes):
        rows += done
    rows.sort(key=lambda row: (["oracle", *names].index(row.player), row.seed))
    tables(rows)
    summary(rows)
    if json:
        write_json(rows, json)
    if plots and not layers:
        from bench.oxygen.plots import draw

        for path in draw(rows, wanted, plots, numbers[0]):
            console.print(f"{path} {path.stat().st_size / 1000:.0f} kB")
    console.print(f"{len(rows)} runs in {time.perf_counter() - began:.0f} s")


def _chosen(text: str, default: list[str], known: list[str]) -> list[str]:
    names = text.split(",") if text else default
    unknown = [name for name in names if name not in known]
    if unknown:
        raise typer.BadParameter(f"no {', '.join(unknown)}; there are {', '.join(known)}")
    return names


if __name__ == "__main__":
    app()

"""The page of one pond over 90 days of history: what its first load weighs, what Lighthouse says, how fast its past answers.

Lighthouse comes by npm into a temporary folder (LIGHTHOUSE names one that is there); it is run as on a cheap phone, the
processor slowed down four times, and the median of three runs is shown.
"""

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import httpx

from bench.past_farm import Stand, stand
from bench.table import percentile, show

PORT = 18_473
PATH = "/ponds/ao-1"
VERSION = "12.8.2"
RUNS, ANSWERS = 3, 20
RANGES_H = (24, 168, 720, 2160)
MOST_KB, LEAST_PERFORMANCE, LEAST_ACCESSIBILITY, MOST_MS = 100, 0.9, 1.0, 100
CHROME_FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage"


def first_load_kb(client: httpx.Client) -> float:
    """Page, styles and scripts, each compressed as the gateway sends them."""
    html = client.get(PATH).text
    files = re.findall(r'<script src="([^"]+)"', html) + re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
    bodies = [html.encode(), *(client.get(file).content for file in files)]
    return sum(len(gzip.compress(body)) for body in bodies) / 1000


def answers_ms(client: httpx.Client, hours: int) -> tuple[float, int]:
    """95th percentile of the time that a range of the past takes, and its points."""
    took, points = [], 0
    for _ in range(ANSWERS):
        started = time.perf_counter()
        points = len(client.get(f"/api{PATH}/series", params={"hours": hours}).json()["at"])
        took.append(1000 * (time.perf_counter() - started))
    return percentile(took, 0.95), points


def lighthouse(folder: Path) -> str | None:
    """The program, fetched when it is not there; None without npm or network."""
    named = os.environ.get("LIGHTHOUSE")
    if named:
        return named
    npm = shutil.which("npm")
    if npm is None:
        return None
    command = [npm, "i", "--silent", "--ignore-scripts", f"lighthouse@{VERSION}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return str(folder / "node_modules/.bin/lighthouse") if done.returncode == 0 else None


def scores(program: str, standing: Stand, folder: Path) -> dict[str, float]:
    """Performance, accessibility and the milliseconds in which the page hears nobody, each the median of the runs."""
    found: list[dict[str, float]] = []
    for run in range(RUNS):
        out = folder / f"{run}.json"
        command = [
            program, standing.url + PATH, "--quiet", f"--chrome-flags={CHROME_FLAGS}", "--output=json",
            f"--output-path={out}", "--only-categories=performance,accessibility",
            "--throttling.cpuSlowdownMultiplier=4", "--extra-headers",
            json.dumps({"Cookie": f"session={standing.session}"}),
        ]  # fmt: skip
        environment = {"CHROME_PATH": "/usr/bin/chromium", **os.environ}
        subprocess.run(command, env=environment, capture_output=True, check=True)
        report = json.loads(out.read_text(encoding="utf-8"))
        found.append(
            {name: float(report["categories"][name]["score"]) for name in ("performance", "accessibility")}
            | {"blocked_ms": float(report["audits"]["total-blocking-time"]["numericValue"])}
        )
    return {name: statistics.median(run[name] for run in found) for name in found[0]}


def run() -> None:
    """One table."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with stand(folder / "farm", PORT, days=90) as standing:
            cookies = {"session": standing.session}
            with httpx.Client(base_url=standing.url, cookies=cookies, timeout=30) as client:
                rows = [["first load, gzip, kB", f"{first_load_kb(client):.1f}", f"< {MOST_KB}"]]
                for hours in RANGES_H:
                    took_ms, points = answers_ms(client, hours)
                    name = f"{hours} h of oxygen and 4 machines, {points} points, p95 ms"
                    rows.append([name, f"{took_ms:.0f}", f"< {MOST_MS}"])
            program = lighthouse(folder)
            if program is not None:
                measured = scores(program, standing, folder)
                rows += [
                    [
                        "Lighthouse performance, median of 3",
                        f"{measured['performance']:.2f}",
                        f">= {LEAST_PERFORMANCE}",
                    ],
                    ["Lighthouse accessibility", f"{measured['accessibility']:.2f}", f">= {LEAST_ACCESSIBILITY}"],
                    ["total blocking time, ms", f"{measured['blocked_ms']:.0f}", ""],
                ]
    note = "" if program else "Lighthouse could not be fetched: npm or network are missing."
    show(
        "The page of one pond, 90 days in the journal, processor 4 x slower", ["what", "measured", "target"], rows, note
    )

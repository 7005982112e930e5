"""Real water: probe faults that people labelled, and the night's forecast. `python -m bench.oxygen.records`.

Apalachicola Cat Point 2012 holds four faulty spells, one of each label, so no label can be split into tuning and test.
Thresholds were chosen with this year in sight; `run_threshold` says what half of it would have chosen and what that costs in
the other half. Grand Bay 2021 was never used to choose: its good water and the faults put into it are the test.
"""

import csv
import math
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from bench.table import percentile, show
from gateway.control import signature
from gateway.control.outlook import STEP_H, Outlook
from gateway.control.signature import Fault, Signature, Verdict
from hardware.water import oxygen_solubility_mg_l

DATA = Path(__file__).parent / "data"
LABELS = {
    "SPC": "fails its check after 4 weeks",
    "GIM": "malfunction (50 degC)",
    "SCF": "conductivity failed",
    "SSD": "sensor drift",
}
GOOD, NEW_PROBE = "<0>", "(CND)"
THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.3)
SECOND_HALF = "2012-07-01"
DAY_S = 86_400.0
QUARTERS = 96

QUICK_DAYS, SLOW_DAYS, FAULT_EVERY_DAYS, FIRST_FAULT_DAY, LAST_DAY = 2, 10, 4, 6, 54
LIMITS_MG_L = (4.0, 3.0)
HOURS_AHEAD = 12
EVENING_H, DAWN_H = 20, (5.5, 6.5)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a record."""

    time: str
    now_s: float
    do_mg_l: float | None
    do_sat_pct: float | None
    temperature_c: float | None
    salinity_psu: float | None
    depth_m: float | None
    flag: str
    new_probe: bool

    @property
    def label(self) -> str | None:
        """The label of a rejected row."""
        return next((code for code in LABELS if f"<-3> [{code}]" in self.flag), None)


def read(text: str) -> list[Row]:
    """Rows of a record in the form of hardware/twin/data."""
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return [_row(cells) for cells in csv.DictReader(lines)]


def _row(cells: dict[str, str]) -> Row:
    names = ("do_mg_l", "do_sat_pct", "temp_c", "salinity_psu", "depth_m")
    now_s = datetime.fromisoformat(cells["time"]).replace(tzinfo=UTC).timestamp()
    do, percent, warm, salt, depth = (float(cells[name]) if cells[name] else None for name in names)
    new_probe = NEW_PROBE in cells.get("temp_flag", "")
    return Row(cells["time"], now_s, do, percent, warm, salt, depth, cells["do_flag"], new_probe)


def apalachicola() -> list[Row]:
    """2012, with labels."""
    return read((DATA / "apalachicola_cp_faults.csv").read_text())


def grand_bay() -> list[Row]:
    """Two months of 2021, as the twin ships them."""
    return read(resources.files("hardware.twin").joinpath("data/grand_bay_2021.csv").read_text())


# -- probe faults -----------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """What a signature said of each row: at the time, and when all was over."""

    live: list[tuple[Verdict, ...]]
    after: list[bool]
    us_a_row: float

    def flagged(self) -> list[bool]:
        """Rows with any verdict at the time."""
        return [bool(verdicts) for verdicts in self.live]


def judge(rows: list[Row], services: bool = False) -> Found:
    """A record through a signature; with `services` it is told when a new probe was put in."""
    probe = Signature()
    live: list[tuple[Verdict, ...]] = []
    began = time.perf_counter()
    for row in rows:
        if services and row.new_probe:
            probe.serviced(row.now_s - 1)
        probe.take(row.now_s, row.do_mg_l, row.do_sat_pct, row.temperature_c, row.salinity_psu, depth_m=row.depth_m)
        live.append(probe.verdicts)
    took_s = time.perf_counter() - began
    return Found(live, _backdated(rows, live), took_s / len(rows) * 1e6)


def _backdated(rows: list[Row], live: list[tuple[Verdict, ...]]) -> list[bool]:
    """Each verdict counts from when it says the fault began."""
    after = [False] * len(rows)
    for at in range(len(rows) - 1, -1, -1):
        after[at] = after[at] or bool(live[at])
        for verdict in live[at]:
            if verdict.since_s == rows[at].now_s:
                back = at
                while back >= 0 and rows[back].now_s >= verdict.began_s:
                    after[back] = True
                    back -= 1
    return after


def share(rows: list[Row], flagged: list[bool], which: Callable[[Row], bool]) -> float:
    """Share of the chosen rows that are flagged, %."""
    chosen = [flag for row, flag in zip(rows, flagged, strict=True) if which(row)]
    return 100 * sum(chosen) / len(chosen)


GROUPS: list[tuple[str, Callable[[Row], bool]]] = [
    ("all labelled fault hours (to reach: 90 %)", lambda row: row.label is not None),
    *[(f"  {code}: {text}", lambda row, code=code: row.label == code) for code, text in LABELS.items()],
    ("good hours (to reach: at most 1 %)", lambda row: row.flag == GOOD),
    ("  January to June", lambda row: row.flag == GOOD and row.time < SECOND_HALF),
    ("  July to December", lambda row: row.flag == GOOD and row.time >= SECOND_HALF),
]


def run_labels() -> None:
    """Labelled faults and good water."""
    rows, bay = apalachicola(), grand_bay()
    alone, served = judge(rows), judge(rows, services=True)
    columns = [alone.flagged(), served.flagged(), alone.after, served.after]
    table = [
        [name, f"{sum(map(which, rows)) / 4:,.0f}", *[f"{share(rows, column, which):.1f} %" for column in columns]]
        for name, which in GROUPS
    ]
    other = judge(bay)
    hours = sum(row.flag == GOOD for row in bay) / 4
    said = [share(bay, column, lambda row: row.flag == GOOD) for column in (other.flagged(), other.after)]
    table.append(
        ["  Grand Bay 2021, never used to choose", f"{hours:,.0f}", f"{said[0]:.1f} %", "-", f"{said[1]:.1f} %", "-"]
    )
    note = (
        "After: counted from when the verdict says the fault began (a day before it was found; with services known, since "
        "the last).\nNot to be seen in the record: the first week of SPC reads 60 to 100 % like any other water; SSD sinks "
        "by a quarter in four days,\nas 17 to 24 January does, which people called good. "
        f"{alone.us_a_row:.0f} us a row."
    )
    names = ["share of hours flagged", "hours", "live", "live, services known", "after", "after, services known"]
    show("Probe faults that people labelled, Apalachicola Cat Point 2012", names, table, note)


def run_threshold() -> None:
    """What the one threshold that matters does in each half of the year: how far quick changes must be gone."""
    rows, chosen, table = apalachicola(), signature.QUICK_ENTER, []
    for threshold in THRESHOLDS:
        signature.QUICK_ENTER = threshold
        flagged = judge(rows).flagged()
        shares = [share(rows, flagged, which) for _, which in (GROUPS[0], GROUPS[1], *GROUPS[-2:])]
        mark = " (chosen)" if threshold == chosen else ""
        table.append([f"{threshold:g} of what is usual{mark}", *[f"{value:.1f} %" for value in shares]])
    signature.QUICK_ENTER = chosen
    names = ["quick changes under", "all labelled", "SPC", "good, January to June", "good, July to December"]
    note = "In August a hurricane mixes the bay until its fine structure is gone, as on an overgrown probe."
    show("Fouled: the threshold, live", names, table, note)


def run_injected() -> None:
    """Faults put into the good water of Grand Bay, which the thresholds never saw."""
    rows = grand_bay()
    table = []
    for name, (make, fault, days) in INJECTED.items():
        found_h, shares, other = [], [], 0
        starts = range(FIRST_FAULT_DAY, LAST_DAY - days, FAULT_EVERY_DAYS)
        for day in starts:
            first_s = rows[0].now_s + day * DAY_S
            last_s = first_s + days * DAY_S
            faulty = _inject(rows, first_s, last_s, make(random.Random(day)))
            live = judge(faulty).live
            inside = [verdicts for row, verdicts in zip(faulty, live, strict=True) if first_s <= row.now_s < last_s]
            hits = [any(verdict.fault in fault for verdict in verdicts) for verdicts in inside]
            shares.append(sum(hits) / len(hits))
            found_h += [hits.index(True) / 4] if any(hits) else []
            other += any(verdict.fault not in fault for verdicts in inside for verdict in verdicts)
        median = f"{percentile(found_h, 0.5):.1f} h" if found_h else "-"
        table.append(
            [
                name,
                str(days),
                f"{len(found_h)} of {len(starts)}",
                median,
                f"{100 * sum(shares) / len(shares):.0f} %",
                str(other),
            ]
        )
    columns = ["15-minute rows", "days", "found", "median time", "of its hours", "named otherwise"]
    show("Faults put into the record of Grand Bay 2021", columns, table)


Change = Callable[[Row, float], Row]
SLOW = (Fault.WEAK, Fault.FOULED)


def _inject(rows: list[Row], first_s: float, last_s: float, change: Change) -> list[Row]:
    return [
        change(row, (row.now_s - first_s) / DAY_S) if first_s <= row.now_s < last_s and row.do_mg_l is not None else row
        for row in rows
    ]


def _scaled(row: Row, factor: float) -> Row:
    assert row.do_mg_l is not None
    return _with(row, row.do_mg_l * factor)


def _with(row: Row, do_mg_l: float) -> Row:
    """Another oxygen, its saturation moved along."""
    assert row.do_mg_l is not None
    percent = None if row.do_sat_pct is None else round(row.do_sat_pct * do_mg_l / max(row.do_mg_l, 0.1), 1)
    return replace(row, do_mg_l=round(do_mg_l, 1), do_sat_pct=percent)


def _stuck(_: random.Random) -> Change:
    held: list[Row] = []

    def change(row: Row, __: float) -> Row:
        held.append(row)
        return replace(row, do_mg_l=held[0].do_mg_l, do_sat_pct=held[0].do_sat_pct)

    return change


def _dead(_: random.Random) -> Change:
    return lambda row, _: replace(row, do_mg_l=0.0, do_sat_pct=0.0)


def _in_air(dice: random.Random) -> Change:
    def change(row: Row, day: float) -> Row:
        air_c = 29 + 5 * math.sin(2 * math.pi * day) + dice.gauss(0, 0.3)
        percent = 100 + dice.gauss(0, 0.5)
        value = percent / 100 * oxygen_solubility_mg_l(air_c)
        return replace(
            row,
            do_mg_l=round(value, 1),
            do_sat_pct=round(percent, 1),
            temperature_c=air_c,
            salinity_psu=0.1,
            depth_m=0.0,
        )

    return change


def _drift(_: random.Random) -> Change:
    def change(row: Row, day: float) -> Row:
        assert row.do_mg_l is not None
        return _with(row, row.do_mg_l + 0.2 * day)

    return change


def _overgrown(_: random.Random) -> Change:
    """Answers with a lag of six hours."""
    level: list[float] = []

    def change(row: Row, _: float) -> Row:
        assert row.do_mg_l is not None
        level.append(row.do_mg_l if not level else level[-1] + (row.do_mg_l - level[-1]) * (1 - math.exp(-0.25 / 6)))
        assert row.do_sat_pct is not None
        return replace(row, do_mg_l=round(level[-1], 1), do_sat_pct=round(row.do_sat_pct * level[-1] / row.do_mg_l, 1))

    return change


def _salt_noise(dice: random.Random) -> Change:
    def change(row: Row, _: float) -> Row:
        return replace(row, salinity_psu=round((row.salinity_psu or 10.0) + dice.gauss(0, 2.0), 1))

    return change


INJECTED: dict[str, tuple[Callable[[random.Random], Change], tuple[Fault, ...], int]] = {
    "stuck": (_stuck, (Fault.STUCK,), QUICK_DAYS),
    "dead, reads 0": (_dead, (Fault.DEAD,), QUICK_DAYS),
    "temperature at 50 degC": (lambda _: lambda row, _: replace(row, temperature_c=50.0), (Fault.DEAD,), QUICK_DAYS),
    "out of water": (_in_air, (Fault.OUT_OF_WATER,), QUICK_DAYS),
    "conductivity makes noise of 2 psu": (_salt_noise, (Fault.SALINITY,), QUICK_DAYS),
    "overgrown, a lag of 6 h": (_overgrown, (Fault.FOULED,), SLOW_DAYS),
    "weak, loses a tenth a day": (lambda _: lambda row, day: _scaled(row, 0.9**day), SLOW, SLOW_DAYS),
    "weak, loses a thirtieth a day": (lambda _: lambda row, day: _scaled(row, 1 - day / 30), SLOW, SLOW_DAYS),
    "drifts up 0.2 mg/L a day": (_drift, tuple(Fault), SLOW_DAYS),
}


# -- forecast ---------------------------------------------------------------------------------------------------------


@dataclass
class Night:
    """One record as numbers by quarter hour, and what was forecast at each full hour."""

    do_mg_l: list[float]
    paths: dict[int, list[float]]
    low: dict[int, list[float]]
    careful: dict[int, list[float]]


def forecast(rows: list[Row]) -> Night:
    """Feeds an outlook row by row; at each full hour it says the next twelve."""
    outlook = Outlook()
    full = 7.0
    values: list[float] = []
    night = Night(values, {}, {}, {})
    for at, row in enumerate(rows):
        usable = row.do_mg_l is not None and not row.flag.startswith(("<1>", "<-"))
        if row.temperature_c is not None and row.salinity_psu is not None:
            full = oxygen_solubility_mg_l(row.temperature_c, row.salinity_psu)
        values.append(row.do_mg_l if usable and row.do_mg_l is not None else math.nan)
        outlook.take(at / 4, row.do_mg_l if usable else None, full)
        if usable and at % 4 == 0 and at >= QUARTERS:
            night.paths[at] = outlook.path(HOURS_AHEAD)
            night.low[at] = [level - outlook.spread_mg_l(step * STEP_H) for step, level in enumerate(night.paths[at])]
            night.careful[at] = outlook.path(HOURS_AHEAD, careful=True)
    return night


def _said(path: list[float], ahead_h: float) -> float:
    place = ahead_h / STEP_H
    left = min(int(place), len(path) - 2)
    return path[left] + (place - left) * (path[left + 1] - path[left])


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else math.nan


def _dawn(values: list[float], day: int) -> float:
    first, last = (round(hour * 4) for hour in DAWN_H)
    return _mean(value for value in values[day * QUARTERS + first : day * QUARTERS + last + 1] if value == value)


def run_dawn() -> None:
    """The forecast of dawn made in the evening, beside what needs no model."""
    night = forecast(grand_bay())
    values = night.do_mg_l
    errors: dict[str, list[float]] = {}
    for day in range(1, len(values) // QUARTERS - 1):
        at = day * QUARTERS + EVENING_H * 4
        dawn, before = _dawn(values, day + 1), _dawn(values, day)
        if at not in night.paths or math.isnan(dawn):
            continue
        ahead_h = [24 - EVENING_H + quarter / 4 for quarter in range(round(DAWN_H[0] * 4), round(DAWN_H[1] * 4) + 1)]
        said = {
            "the value at 20 h stays": values[at],
            "yesterday's curve: the dawn of today": before,
            "yesterday's curve: its change from 20 h to dawn": values[at] + before - values[at - QUARTERS],
            "outlook": _mean(_said(night.paths[at], hours) for hours in ahead_h),
            "outlook, careful (no way back up is counted on)": _mean(_said(night.careful[at], h) for h in ahead_h),
        }
        for name, value in said.items():
            errors.setdefault(name, []).append(value - dawn)
    table = [
        [
            name,
            str(sum(off == off for off in offs)),
            f"{_mean(abs(off) for off in offs if off == off):.2f}",
            f"{_mean(abs(off) for off in offs[7:] if off == off):.2f}",
            f"{_mean(off for off in offs if off == off):+.2f}",
        ]
        for name, offs in errors.items()
    ]
    columns = ["forecast at 20 h of 05:30 to 06:30", "nights", "mean error, mg/L", "after a week", "bias"]
    show("Oxygen at dawn, Grand Bay 2021 (to reach: 0.5)", columns, table)


def run_hours() -> None:
    """Mean error by hours ahead, of a forecast made at every full hour."""
    night = forecast(grand_bay())
    values = night.do_mg_l
    table = []
    for name in ("the value now stays", "yesterday's change", "outlook"):
        cells = []
        for ahead in range(1, HOURS_AHEAD + 1):
            offs = []
            for at, path in night.paths.items():
                then = at + 4 * ahead
                if then >= len(values):
                    continue
                change = values[then - QUARTERS] - values[at - QUARTERS]
                said = {"outlook": _said(path, ahead), "yesterday's change": values[at] + change}.get(name, values[at])
                offs += [abs(said - values[then])] if said == said and values[then] == values[then] else []
            cells.append(f"{_mean(offs):.2f}")
        table.append([name, *cells])
    columns = ["mean error, mg/L, hours ahead:", *map(str, range(1, HOURS_AHEAD + 1))]
    show("Oxygen by hours ahead, forecast at every full hour, Grand Bay 2021", columns, table)


def first_below(path: list[float], limit_mg_l: float, step_h: float) -> float | None:
    """Hours until a path is under a limit."""
    for at, level in enumerate(path):
        if level < limit_mg_l:
            before = path[at - 1] if at else level
            part = (before - limit_mg_l) / (before - level) if before > level else 0.0
            return max(0.0, (at - 1 + part) * step_h)
    return None


SPANS_H = ((0, 1), (1, 2), (2, 4), (4, 8), (8, 12))


def run_danger() -> None:
    """Minutes to danger without air: what was said at each full hour against what came."""
    night = forecast(grand_bay())
    level = [_mean(night.do_mg_l[max(0, at - 3) : at + 1]) for at in range(len(night.do_mg_l))]
    table = []
    ways = (("outlook", night.paths), ("less its usual error", night.low), ("careful", night.careful))
    for name, paths in ways:
        for limit in LIMITS_MG_L:
            offs: dict[tuple[int, int], list[float]] = {span: [] for span in SPANS_H}
            late = warned = happened = false = safe = 0
            for at, path in paths.items():
                ahead = level[at : at + 4 * HOURS_AHEAD + 1]
                if len(ahead) <= 4 * HOURS_AHEAD or any(math.isnan(value) for value in ahead) or ahead[0] < limit:
                    continue
                came, said = first_below(ahead, limit, 0.25), first_below(path, limit, STEP_H)
                if came is None:
                    safe += 1
                    false += said is not None
                    continue
                happened += 1
                warned += said is not None
                late += said is None or said > came + 1
                span = next(span for span in SPANS_H if span[0] <= came <= span[1])
                offs[span].append(60 * abs((HOURS_AHEAD if said is None else said) - came))
            table.append(
                [
                    f"{name}, below {limit:g}",
                    str(happened),
                    f"{100 * warned / happened:.0f} %",
                    f"{100 * late / happened:.0f} %",
                    f"{100 * false / safe:.0f} %",
                    *[f"{percentile(found, 0.5):.0f} ({len(found)})" if found else "-" for found in offs.values()],
                ]
            )
    columns = [
        "made at each full hour, 12 h ahead", "came", "foretold", "over 1 h late", "false of safe",
        *[f"{first}-{last} h" for first, last in SPANS_H],
    ]  # fmt: skip
    note = (
        "What came is the mean of an hour. Right: median error in minutes (how many) by hours until it came;\n"
        "not foretold counts as 12 h."
    )
    show("Minutes to danger, Grand Bay 2021", columns, table, note)


def run() -> None:
    """All tables."""
    run_labels()
    run_threshold()
    run_injected()
    run_dawn()
    run_hours()
    run_danger()


if __name__ == "__main__":
    run()

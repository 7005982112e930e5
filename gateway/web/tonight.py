"""What a farmer reads of the night to come: the forecast in words and as a chart, and what a doubtful probe asks for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.text import Text

CHANGES_SHOWN = 3
LASTING_MINUTES = 30

Pond = dict[str, Any]
Snapshot = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the list; `level` is watch or danger where it should be seen, `more` the small print."""

    label: str
    value: str
    more: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """The section of one pond: its lines, and one quiet remark that says what is missing, empty when nothing is."""

    lines: tuple[Line, ...] = ()
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeNote:
    """A doubtful probe: what is wrong, what is shown and what is true, what to do."""

    title: str
    values: str
    task: str
    how: str


def tonight(pond: Pond, snapshot: Snapshot, t: Text) -> Tonight:
    """The section in words."""
    outlook = pond.get("outlook")
    if not outlook:
        return Tonight(remark=t(f"tonight.{_missing(pond, snapshot)}"))
    lines = [_lowest(pond, outlook, t)]
    if pond["machines"]:
        lines += [_machines(outlook, snapshot, t), _cost(outlook, t)]
    lines.append(_left("without_air", outlook, pond, t))
    if pond["machines"]:
        lines.append(_left("with_air", outlook, pond, t))
    remark = t("tonight.by_ladder") if outlook["source"] == "ladder" and pond["machines"] else ""
    return Tonight(lines=tuple(lines), remark=remark)


def probe_note(pond: Pond, t: Text) -> ProbeNote | None:
    """The note of a probe that is doubted, None for a good one."""
    probe = pond.get("probe")
    if not probe or not (probe["verdict"] or probe["task"]):
        return None
    verdict, task = f"probe.{probe['verdict']}", f"task.{probe['task'] or 'check_probe'}"
    return ProbeNote(
        title=t(verdict if t.has(verdict) else "probe.doubtful"),
        values=_values(probe, t),
        task=t(task if t.has(task) else "task.check_probe", pond=pond["name"]),
        how=t(f"how.{probe['task']}") if t.has(f"how.{probe['task']}") else "",
    )


def chart(pond: Pond, snapshot: Snapshot) -> dict[str, list[float | None]]:
    """The forecast as columns for the chart: wall time in seconds, band, machines; empty while there is none.

    Machines change between the points of the band; a moment that one of the two does not know is None there.
    """
    outlook = pond.get("outlook")
    if not outlook:
        return {"at": [], "low": [], "mid": [], "high": [], "machines": []}
    band = {row[0]: row[1:] for row in outlook["band"]}
    counts = dict(lasting(outlook["machines"])) if pond["machines"] else {}
    moments = sorted(band.keys() | {ahead for ahead in counts if ahead <= max(band)})
    count: float | None = None
    columns: dict[str, list[float | None]] = {"at": [], "low": [], "mid": [], "high": [], "machines": []}
    for ahead in moments:
        count = counts.get(ahead, count)
        low, mid, high = band.get(ahead, (None, None, None))
        wall_s = round(snapshot["at_wall_s"] + ahead * 60 / snapshot["speed"], 1)
        for name, value in zip(columns, (wall_s, low, mid, high, count), strict=True):
            columns[name].append(value)
    return columns


def lasting(machines: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Changes of the number of machines without those that are soon taken back: nobody plans a night by them."""
    kept: list[tuple[float, float]] = []
    ends = [*(ahead for ahead, _ in machines[1:]), math.inf]
    for (ahead, count), until in zip(machines, ends, strict=False):
        if not kept or (until - ahead >= LASTING_MINUTES and count != kept[-1][1]):
            kept.append((ahead, count))
    return kept


def _missing(pond: Pond, snapshot: Snapshot) -> str:
    if not snapshot["wall_known"]:
        return "needs_clock"
    return "needs_days" if pond["do_state"] == "good" else "needs_probe"


def _lowest(pond: Pond, outlook: dict[str, Any], t: Text) -> Line:
    low, limits = outlook["lowest"], pond["limits"]
    level = "danger" if low["do_mg_l"] < limits["danger"] else "watch" if low["do_mg_l"] < limits["alarm"] else ""
    value = t("tonight.lowest_value", low=low["do_mg_l"], hour=low["hour"])
    return Line(label=t("tonight.lowest"), value=value, level=level)


def _machines(outlook: dict[str, Any], snapshot: Snapshot, t: Text) -> Line:
    """Now, and the next changes."""
    now, *later = lasting(outlook["machines"]) or [(0, 0)]
    changes = [t("tonight.change", when=_when(ahead, snapshot, t), n=count) for ahead, count in later[:CHANGES_SHOWN]]
    if len(later) > CHANGES_SHOWN:
        changes.append("…")
    return Line(label=t("tonight.machines"), value=t("tonight.now", n=now[1]), more=" · ".join(changes))


def _when(ahead_min: float, snapshot: Snapshot, t: Text) -> str:
    """The hour of the day at the ponds, the time to go where that is not known."""
    hour = snapshot.get("hour")
    return t("tonight.ahead", time=t.duration(ahead_min)) if hour is None else t.hour(hour + ahead_min / 60)


def _cost(outlook: dict[str, Any], t: Text) -> Line:
    value = t("tonight.cost_value", vnd=outlook["cost_vnd"])
    return Line(label=t("tonight.cost"), value=value, more=t("tonight.cost_more"))


def _left(which: str, outlook: dict[str, Any], pond: Pond, t: Text) -> Line:
    """How long until danger: the worse limit in large print, the other small. Help that does not help is alarming."""
    limits, left = pond["limits"], outlook[which]
    to_low, to_danger = left["to_low_min"], left["to_danger_min"]
    alarming = which == "with_air"
    if to_danger is not None:
        value, more = _until(to_danger, limits["danger"], t), _until(to_low, limits["alarm"], t)
        return Line(label=t(f"tonight.{which}"), value=value, more=more, level="danger" if alarming else "")
    if to_low is not None:
        value, more = _until(to_low, limits["alarm"], t), t("tonight.stays", limit=limits["danger"])
        return Line(label=t(f"tonight.{which}"), value=value, more=more, level="watch" if alarming else "")
    return Line(label=t(f"tonight.{which}"), value=t("tonight.stays", limit=limits["alarm"]))


def _until(minutes: float | None, limit: float, t: Text) -> str:
    if minutes is None:
        return ""
    if minutes <= 0:
        return t("tonight.under", limit=limit)
    return t("tonight.until", time=t.duration(minutes), limit=limit)


def _values(probe: dict[str, Any], t: Text) -> str:
    shown, corrected = probe["shown_mg_l"], probe["corrected_mg_l"]
    if shown is None or corrected is None:
        return ""
    return t("probe.values", shown=shown, corrected=corrected, spread=probe["offset_sd_mg_l"])

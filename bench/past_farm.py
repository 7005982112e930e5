"""A farm with a past for looking at its pages: a journal of many days, and control's end of the link, held here."""

import asyncio
import contextlib
import json
import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import uvicorn

from gateway.clock import Clock
from gateway.farm import read_farm
from gateway.journal import schema
from gateway.link import LinkServer
from gateway.process import journal_path
from gateway.web.server import make_app

PERIOD_S = 10
MOTOR_KW, MOTOR_A = 2.2, 4.4
NAMES = ("ao-1", "ao-2", "ao-3")
SPOKEN_S = 0.5
NO_AIR_MG_L_H, EACH_MG_L_H = 0.75, 0.5

Row = tuple[float, dict[str, list[float]]]


def farm_text(port: int, ponds: int, more: str = "") -> str:
    """farm.toml of so many ponds with four machines each, a panel each."""
    parts = [f'id = "trai-tom"\nname = "Trại tôm Hòn Đất"\ndata = "data"\n{more}\n[web]\nport = {port}']
    parts += ['[[person]]\nid = "an"\nname = "An"\nrole = "owner"']
    parts += ['[tariff]\nname = "vn-6-22kv"', '[[line]]\nid = "mot"\nport = "/dev/null"']
    for at in range(ponds):
        parts.append(f'[[node]]\nid = "node-{at + 1}"\nline = "mot"\nunit = {11 + at}')
        parts.append(f'[[panel]]\nid = "panel-{at + 1}"\nline = "mot"\nunit = {21 + at}')
        parts.append(
            f'[[pond]]\nid = "{NAMES[at]}"\nname = "Ao {at + 1}"\nnode = "node-{at + 1}"\npanel = "panel-{at + 1}"\n'
            f"aerators = [1, 2, 3, 4]\narea_m2 = 2500\npower_kw = {MOTOR_KW}"
        )
    return "\n\n".join(parts)


def pond_past(days: float, until_s: float, seed: int) -> Iterator[tuple[float, float, float, int]]:
    """Minute by minute: wall time, oxygen, temperature, machines that run; the sun decides how good a day is."""
    chance = random.Random(seed)
    do_mg_l, running, sun = 6.0, 2, 1.0
    for minute in range(round(days * 1440), 0, -1):
        at_s = until_s - 60 * minute
        local = time.localtime(at_s)
        hour = local.tm_hour + local.tm_min / 60
        if local.tm_hour == 0 and local.tm_min == 0:
            sun = chance.uniform(0.55, 1.25)
        light = max(0.0, math.sin((hour - 6) / 12 * math.pi)) if 6 < hour < 18 else 0.0
        if do_mg_l < 4.6 and minute % 8 == 0:
            running = min(4, running + 1)
        elif do_mg_l > 5.3 and minute % 8 == 0:
            running = max(0, running - 1)
        rate = 1.35 * sun * light - NO_AIR_MG_L_H - 0.03 * seed + (0.25 + EACH_MG_L_H * running) * (1 - do_mg_l / 7.6)
        do_mg_l = max(2.0, do_mg_l + rate / 60 + chance.gauss(0, 0.01))
        yield at_s, do_mg_l, 28.5 + math.cos((hour - 15) / 12 * math.pi) * 1.3 + sun * 0.3, running


def fill(path: Path, days: float, ponds: int, until_s: float) -> list[dict[str, Any]]:
    """Write the journal; returns what was newest at each pond."""
    path.parent.mkdir(parents=True, exist_ok=True)
    newest = []
    with contextlib.closing(apsw.Connection(str(path))) as connection:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", "off")
        schema.bring_up_to_date(connection)
        with connection:
            for at in range(ponds):
                newest.append(_fill_pond(connection, at, list(pond_past(days, until_s, at + 1))))
            _hours(connection)
            connection.execute("UPDATE marks SET row = (SELECT IFNULL(MAX(id), 0) FROM samples)")
            _events(connection, ponds, until_s)
    return newest


def _fill_pond(connection: apsw.Connection, at: int, past: list[tuple[float, float, float, int]]) -> dict[str, Any]:
    node, panel = f"n{at + 1}", f"p{at + 1}"
    names = [(node, name, 0) for name in ("do_mg_l", "do_sat", "temperature_c", "salinity_psu", "ph")]
    names += [(panel, "current_a", place) for place in range(4)]
    traces = []
    for name in names:
        connection.execute("INSERT INTO traces (node, quantity, place) VALUES (?,?,?)", name)
        traces.append(connection.last_insert_rowid())
    rows = []
    for number, (at_s, do_mg_l, warm_c, running) in enumerate(past):
        if (1380 < len(past) - number < 9000 and number % 5000 < 90) or len(past) - number in range(
            600, 645
        ):  # a cable that was pulled: gaps
            continue
        values = [do_mg_l, do_mg_l * 13.2, warm_c, 15 + number % 5000 / 2500, 7.9 + (do_mg_l - 5) / 12]
        values += [MOTOR_A if place < running else 0.0 for place in range(4)]
        rows += [
            (trace, int(at_s // 60), value - 0.04, value, value + 0.05, 6, 6)
            for trace, value in zip(traces, values, strict=True)
        ]
    connection.executemany("INSERT OR IGNORE INTO minutes VALUES (?,?,?,?,?,?,?)", rows)
    _samples(connection, node, panel, past[-1440:])
    return {"do_mg_l": past[-1][1], "temperature_c": past[-1][2], "running": past[-1][3]}


def _samples(connection: apsw.Connection, node: str, panel: str, past: list[tuple[float, float, float, int]]) -> None:
    """The last day as it came."""
    rows = []
    for number, (at_s, do_mg_l, warm_c, running) in enumerate(past):
        for step in range(60 // PERIOD_S):
            taken_s, sequence = at_s + step * PERIOD_S, 1 + number * 6 + step
            values = (("do_mg_l", do_mg_l), ("do_sat", do_mg_l * 13.2), ("temperature_c", warm_c), ("ph", 7.9))
            readings = [[name, round(value, 2), 0, 0] for name, value in values]
            amperes = [["current_a", MOTOR_A if place < running else 0.0, 0, 0] for place in range(4)]
            rows.append((node, sequence, taken_s, taken_s, json.dumps(readings)))
            rows.append((panel, sequence, taken_s, taken_s, json.dumps(amperes)))
    connection.executemany(
        "INSERT INTO samples (node, boot, sequence, taken_boot, taken_monotonic_s, taken_wall_s, wall_known, late,"
        " readings) VALUES (?, 7, ?, 'b', ?, ?, 1, 0, ?)",
        rows,
    )


def _hours(connection: apsw.Connection) -> None:
    connection.execute(
        "INSERT INTO hours SELECT trace, at / 60, MIN(low), AVG(mean), MAX(high), SUM(count), SUM(asked)"
        " FROM minutes GROUP BY trace, at / 60"
    )


def _events(connection: apsw.Connection, ponds: int, until_s: float) -> None:
    found: list[tuple[str, str | None, dict[str, Any], float]] = []
    for at in range(ponds):
        for device, board in ((f"node-{at + 1}", f"n{at + 1}"), (f"panel-{at + 1}", f"p{at + 1}")):
            found.append(("device_found", None, {"device": device, "hardware_id": board}, until_s - 80 * 86400))
        found.append(("do_low", NAMES[at], {"do_mg_l": 3.9, "limit": 4.0}, until_s - 7 * 3600))
        found.append(("do_recovered", NAMES[at], {"do_mg_l": 4.4}, until_s - 6.2 * 3600))
        found.append(("override", NAMES[at], {"machine": 2, "run": True, "minutes": 30}, until_s - 5 * 3600))
    connection.executemany(
        "INSERT INTO events (kind, pond, detail, at_boot, at_monotonic_s, at_wall_s, wall_known) VALUES (?,?,?,'b',?,?,1)",
        [(kind, pond, json.dumps(detail), at_s, at_s) for kind, pond, detail, at_s in found],
    )


def machine_row(number: int, running: bool, **changes: Any) -> dict[str, Any]:
    """One machine of a snapshot."""
    reason = "plan_run" if running else "plan_rest"
    return {
        "number": number,
        "wanted": running,
        "allowed": running,
        "running": running,
        "switch": 1,
        "current_a": MOTOR_A if running else 0.0,
        "failed": False,
        "stuck": False,
        "override": False,
        "reason": reason,
        "numbers": {"do": 5.2, "low": 4.3, "hour": 4.6},
        "effect": {"kg_o2_per_kwh": 1.42 - 0.05 * number, "spread": 0.12, "share": 1.0, "sure": True},
    } | changes


def pond_row(at: int, newest: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One pond of a snapshot."""
    running, do_mg_l = int(newest["running"]), float(newest["do_mg_l"])
    band = [[30 * step, *(round(_night(do_mg_l, step) + off, 2) for off in (-0.3, 0, 0.3))] for step in range(37)]
    others = (("temperature_c", newest["temperature_c"]), ("salinity_psu", 15.2), ("ph", 7.9), ("do_sat", do_mg_l * 13))
    return {
        "id": NAMES[at],
        "name": f"Ao {at + 1}",
        "node": f"n{at + 1}",
        "level": "ok" if do_mg_l >= 4 else "watch",
        "do_state": "good",
        "detail": "",
        "do_mg_l": do_mg_l,
        "age_s": 3.0,
        "stale_after_s": 32.0,
        "trend_mg_l_h": -0.34,
        "limits": {"danger": 3.0, "alarm": 4.0},
        "others": [{"quantity": name, "value": value, "quality": 0} for name, value in others],
        "machines": [machine_row(number + 1, number < running) for number in range(4)],
        "outlook": {
            "source": "plan",
            "band": band,
            "machines": [[0, running], [180, 2], [300, 3], [600, 2], [780, 0]],
            "cost_vnd": 86_000.0,
            "lowest": {"do_mg_l": 4.3, "hour": 4.6},
            "with_air": {"to_low_min": None, "to_danger_min": None},
            "without_air": {"to_low_min": 95.0, "to_danger_min": 170.0},
        },
        "probe": {
            "verdict": "",
            "offset_mg_l": 0.0,
            "offset_sd_mg_l": 0.1,
            "shown_mg_l": do_mg_l,
            "corrected_mg_l": do_mg_l,
            "task": "",
        },
    } | changes


def _night(do_mg_l: float, step: int) -> float:
    return 4.3 + (do_mg_l - 4.3) * math.exp(-step / 8) + 0.0012 * max(0, step - 20) ** 2


def snapshot_of(ponds: list[dict[str, Any]]) -> dict[str, Any]:
    """What control says of a farm."""
    return {
        "farm": "Trại tôm Hòn Đất",
        "at_wall_s": Clock().wall(),
        "wall_known": True,
        "speed": 1.0,
        "tariff": {"name": "vn-6-22kv", "warning": ""},
        "ponds": ponds,
        "panels": {},
        "devices": [],
        "planning": "",
        "cloud": {"used": True, "connected": True},
        "channels": {},
        "journal": {"failing": "", "refused": 0},
        "late_ms": {"worst": 1.0},
        "alarms": {"list": [], "siren": False},
        "sendings": [],
    }


@dataclass
class Stand:
    """The pages at `url` for who has the `session` cookie; `ponds` may be changed, `orders` came from the pages."""

    url: str
    session: str
    ponds: list[dict[str, Any]]
    orders: list[dict[str, Any]] = field(default_factory=list)

    def take(self, order: dict[str, Any]) -> dict[str, Any]:
        """As control does."""
        self.orders.append(order)
        return {"refused": ""}


@contextlib.contextmanager
def stand(
    folder: Path,
    port: int,
    *,
    days: float = 90.0,
    ponds: int = 3,
    more: str = "",
    prepare: Callable[[Path], None] | None = None,
) -> Iterator[Stand]:
    """A farm whose pages are served in this process until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "farm.toml"
    path.write_text(farm_text(port, ponds, more), encoding="utf-8")
    farm = read_farm(path)
    newest = fill(journal_path(farm), days, ponds, Clock().wall())
    if prepare is not None:
        prepare(journal_path(farm))
    app = make_app(farm, path)
    session = app.state.desk.people.begin("an")
    standing = Stand(f"http://127.0.0.1:{port}", session, [pond_row(at, row) for at, row in enumerate(newest)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))

    async def speak() -> None:
        link = LinkServer(farm.socket, standing.take)
        await link.start()
        serving = asyncio.create_task(server.serve())
        while not serving.done():
            link.publish(snapshot_of(standing.ponds))
            await asyncio.wait([serving], timeout=SPOKEN_S)
        await link.stop()

    thread = threading.Thread(target=lambda: asyncio.run(speak()), daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            thread.join(0.05)
        yield standing
    finally:
        server.should_exit = True
        thread.join(timeout=5)

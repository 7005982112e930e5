"""Farms, their ponds and a month of samples, sealed as the ingest would have sealed them."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from sqlalchemy import insert
from sqlalchemy.orm import Session

from cloud.farms.models import Gateway, Pond
from cloud.seed.plan import PONDS_A_FARM, Plan, farm_id
from cloud.telemetry.calendar import DAY_S, begins_at, day_number
from cloud.telemetry.codec import encode
from cloud.telemetry.models import Chunk, Day, Latest, Low, Node, Stored
from cloud.telemetry.rows import WALL_KNOWN, Array, Column, Rows
from cloud.telemetry.sequences import Sequences
from cloud.telemetry.summary import expected, summed_up
from hardware.quantities import DO

BOOT = 1
KINDS = ("intensive", "semi_intensive", "rice_shrimp", "improved_extensive")


def make_farms(session: Session, plan: Plan, numbers: range, communes: list[str], now_s: float) -> int:
    """These farms with their ponds and samples; returns how many samples."""
    total = 0
    for number in numbers:
        count = min(PONDS_A_FARM, plan.ponds - number * PONDS_A_FARM)
        total += _farm(session, plan, number, count, communes[number % len(communes)], now_s)
    return total


def _farm(session: Session, plan: Plan, number: int, count: int, commune: str, now_s: float) -> int:
    chance = np.random.default_rng(number)
    gateway_id = farm_id(number)
    place = 9.5 + 0.9 * chance.random(), 104.8 + 0.9 * chance.random()
    session.add(
        Gateway(
            id=gateway_id,
            created_at=now_s,
            farm_name=f"Trại thử {number + 1}",
            described_at=now_s,
            commune=commune,
            latitude=place[0],
            longitude=place[1],
        )
    )
    session.flush()
    total = 0
    for pond in range(1, count + 1):
        session.add(
            Pond(
                gateway_id=gateway_id,
                key=f"ao-{pond}",
                name=f"Ao {pond}",
                node=f"{gateway_id}-{pond}",
                aerators=4,
                alarm_low=4.0,
                danger_low=3.0,
                area_m2=float(chance.integers(2, 10)) * 500,
                kind=KINDS[number % len(KINDS)],
                latitude=place[0] + 0.002 * pond,
                longitude=place[1],
            )
        )
        total += _node(session, plan, gateway_id, f"{gateway_id}-{pond}", chance, now_s)
    return total


def _node(session: Session, plan: Plan, gateway_id: str, name: str, chance: np.random.Generator, now_s: float) -> int:
    node = Node(gateway_id=gateway_id, node=name)
    session.add(node)
    session.flush()
    rows = _samples(plan, chance, now_s)
    numbers = (rows.taken_ms / 1000 + 7 * 3600) // DAY_S
    chunks, days = [], []
    for day in np.unique(numbers).astype(int).tolist():
        part = rows.take(numbers == day)
        chunk = {"samples": len(part), "expected": expected(part), "payload": encode(part)}
        chunks.append({"day": day, "node_id": node.id, **chunk})
        days += [{"day": day, "node_id": node.id, **_summed(found)} for found in summed_up(part)]
    session.execute(insert(Chunk), chunks)
    session.execute(insert(Day), days)
    session.execute(insert(Low), list(_lows(node.id, rows)))
    ledger = Sequences(((0, len(rows) - 1),)).written()
    session.add(Stored(node_id=node.id, boot=BOOT, sequences=ledger))
    session.add(_latest(node.id, rows))
    return len(rows)


def _lows(node_id: int, rows: Rows) -> Iterator[dict[str, Any]]:
    """The lowest oxygen of each night."""
    taken_ms, values = rows.good(DO.symbol)
    nights = ((taken_ms / 1000 + 7 * 3600 + DAY_S / 2) // DAY_S).astype(int)
    for night in np.unique(nights).tolist():
        places = np.flatnonzero(nights == night)
        place = places[np.argmin(values[places])]
        yield {
            "day": night,
            "node_id": node_id,
            "do_mg_l": float(values[place]),
            "at": float(taken_ms[place]) / 1000,
        }


def _summed(found: Any) -> dict[str, Any]:
    names = ("quantity", "low", "low_at", "mean", "high", "count", "below_s")
    return {name: getattr(found, name) for name in names}


def _latest(node_id: int, rows: Rows) -> Latest:
    readings = [[column.quantity, float(column.values[-1]), 0, 0] for column in rows.columns]
    taken_at = float(rows.taken_ms[-1]) / 1000
    return Latest(
        node_id=node_id,
        boot=BOOT,
        sequence=len(rows) - 1,
        order_at=taken_at,
        taken_at=taken_at,
        received_at=taken_at,
        late=False,
        readings=json.dumps(readings),
    )


def _samples(plan: Plan, chance: np.random.Generator, now_s: float) -> Rows:
    """Water with its days and nights: oxygen lowest before dawn, temperature highest in the afternoon."""
    step_s = 60 * plan.minutes
    begin_s = begins_at(day_number(now_s) - plan.days)
    at = np.arange(begin_s, now_s, step_s)
    hour = ((at + 7 * 3600) % DAY_S) / 3600
    swing, base = chance.uniform(0.8, 2.5), chance.uniform(5.0, 6.8)
    columns = tuple(
        Column(name, np.round(values, 2), np.zeros(len(at), np.uint8), np.zeros(len(at), np.uint8))
        for name, values in _quantities(chance, hour, swing, base)
    )
    ms = np.round(at * 1000).astype(np.int64)
    numbers = np.arange(len(at), dtype=np.int64)
    flags = np.full(len(at), WALL_KNOWN, np.uint8)
    return Rows(np.full(len(at), BOOT, np.int64), numbers, ms, ms + 2000, flags, columns)


def _quantities(chance: np.random.Generator, hour: Array, swing: float, base: float) -> Iterator[tuple[str, Array]]:
    wander = np.cumsum(chance.normal(0, 0.02, len(hour)))
    oxygen = (
        base + swing * np.cos((hour - 15.5) / 12 * np.pi) + chance.normal(0, 0.08, len(hour)) + 0.3 * np.sin(wander)
    )
    yield "do_mg_l", np.clip(oxygen, 0.2, 15)
    yield "temperature_c", 29 + 1.5 * np.cos((hour - 15) / 12 * np.pi) + chance.normal(0, 0.05, len(hour))
    yield "salinity_psu", np.clip(chance.uniform(5, 20) + wander, 0, 40)
    yield "ph", 8 + 0.25 * np.cos((hour - 16) / 12 * np.pi) + chance.normal(0, 0.02, len(hour))

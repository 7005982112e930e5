"""What outlives a restart: which alarms there are, who knows of them, how far each ladder was climbed, what is under way."""

import json
import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateway.alarms.conditions.condition import Key
from gateway.alarms.engine import Alarm
from gateway.alarms.kinds import KINDS
from gateway.alarms.ladder import Due
from gateway.alarms.room import Alarms
from gateway.alarms.state import State
from gateway.clock import Clock

log = logging.getLogger(__name__)

VERSION = 1


def saved(alarms: Alarms, clock: Clock) -> str:
    """As text for the file."""
    now_s = clock.monotonic()
    return json.dumps(
        {
            "version": VERSION,
            "wall_s": clock.wall() if clock.wall_known() else None,
            "next_alarm": alarms.engine.next_id,
            "next_sending": alarms.ladder.next_id,
            "proof": alarms.proof.last,
            "water": alarms.engine.water.saved(clock.pond_s()),
            "alarms": [_alarm(alarm, alarms, now_s) for alarm in alarms.engine.shown()],
            "sendings": [
                asdict(sending) | {"due_s": sending.due_s - now_s} for sending in alarms.ladder.sendings.values()
            ],
        },
        separators=(",", ":"),
    )


def remember(alarms: Alarms, text: str, clock: Clock) -> None:
    """Take it back, before the first pass; ValueError, KeyError or TypeError when it cannot be used."""
    found = json.loads(text)
    if found["version"] != VERSION:
        raise ValueError(f"version {found['version']}")
    known = found["wall_s"] is not None and clock.wall_known()
    elapsed_s = max(0.0, clock.wall() - float(found["wall_s"])) if known else 0.0
    before_s = clock.monotonic() - elapsed_s
    if "water" in found:
        alarms.engine.water.remember(found["water"], before_s * clock.speed)
    for row in found["alarms"]:
        if row["kind"] in KINDS:
            _take(alarms, row, before_s, clock.monotonic())
    sendings = [Due(**(row | {"due_s": before_s + row["due_s"]})) for row in found["sendings"]]
    alarms.ladder.sendings = {sending.id: sending for sending in sendings}
    alarms.engine.next_id, alarms.ladder.next_id = int(found["next_alarm"]), int(found["next_sending"])
    alarms.proof.last = str(found["proof"])


def read(alarms: Alarms, path: Path, clock: Clock) -> None:
    """What cannot be read is forgotten: an alarm that still holds rings anew."""
    try:
        remember(alarms, path.read_text(encoding="utf-8"), clock)
    except FileNotFoundError:
        return
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be used, alarms begin anew (%r)", path, error)


def _alarm(alarm: Alarm, alarms: Alarms, now_s: float) -> dict[str, Any]:
    state, climb = alarm.state, alarms.ladder.climbs.get(alarm.id)
    return {
        **asdict(alarm.key),
        "id": alarm.id,
        "base": str(state.base),
        "active": state.active,
        "shelved_left_s": None if state.shelved_until_s is None else state.shelved_until_s - now_s,
        "raised_s": alarm.raised_s - now_s,
        "raised_wall_s": alarm.raised_wall_s,
        "values": alarm.values,
        "acknowledged_by": alarm.acknowledged_by,
        "climbed": climb.done if climb else 0,
    }


def _take(alarms: Alarms, row: dict[str, Any], before_s: float, now_s: float) -> None:
    alarm = alarms.engine.put(Key(str(row["kind"]), row["pond"], row["device"]))
    state = alarm.state
    state.base, state.active = State(row["base"]), bool(row["active"])
    if row["shelved_left_s"] is not None:
        state.shelved_until_s = before_s + float(row["shelved_left_s"])
    alarm.id, alarm.raised_s, alarm.raised_wall_s = int(row["id"]), before_s + row["raised_s"], row["raised_wall_s"]
    alarm.values, alarm.acknowledged_by = dict(row["values"]), row["acknowledged_by"]
    if row["climbed"]:
        alarms.ladder.resume(alarm, int(row["climbed"]), now_s)

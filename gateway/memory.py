"""What control has learned of its ponds, in one file of the farm's data, so that a restart forgets nothing."""

import json
import logging
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.files import write_whole

log = logging.getLogger(__name__)

VERSION = 1
OLDEST_H = 7 * 24.0


def write_memory(path: Path, ponds: dict[str, Any], wall_s: float | None) -> None:
    """Write it in one piece, or leave what was there; OSError when the disk does not take it.

    `wall_s` is None where the wall clock is not known.
    """
    text = json.dumps({"version": VERSION, "wall_s": wall_s, "ponds": ponds}, separators=(",", ":"))
    write_whole(path, text)


def read_memory(path: Path, clock: Clock) -> tuple[dict[str, Any], float]:
    """What was learned of each pond, and how many hours of pond time ago; nothing when it cannot be used.

    Where one of the two wall clocks was not known, it counts as written just now.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        version, wall_s, ponds = found["version"], found["wall_s"], found["ponds"]
        known = wall_s is not None and clock.wall_known()
        hours = max(0.0, clock.wall() - float(wall_s)) * clock.speed / 3600 if known else 0.0
        if version != VERSION or not isinstance(ponds, dict):
            raise ValueError(f"version {version}")
    except FileNotFoundError:
        return {}, 0.0
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("%s cannot be used, the ponds are learned anew (%r)", path, error)
        return {}, 0.0
    if hours > OLDEST_H:
        log.warning("%s is %.0f days old, the ponds are learned anew", path, hours / 24)
        return {}, 0.0
    return ponds, hours

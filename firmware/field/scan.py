"""Who is on the line: every unit id asked once, briefly; those that stir are asked again with patience.

A silent unit costs the bytes of one short question and 45 ms, so 247 of them take 14 s at 19200 baud.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from firmware.field.blocks import Identity
from firmware.field.doors import find_port, open_door
from firmware.field.frame import Trouble
from firmware.field.node_client import DISCOVERY_READS, NodeClient
from firmware.field.rtu import NoAnswer, Refused, Rtu
from hardware.registers import IDENTITY, MAGIC

LOWEST = 1
HIGHEST = 247
QUESTION_REGISTERS = 2
QUESTION_BYTES = 17
LATENCY_S = 0.045
GUEST_SECONDS = 0.5
CLEAN_READS = 4


@dataclass(frozen=True, kw_only=True)
class Found:
    """What answers at a unit id: one node, or several that share it (`hardware_ids`), or something that is no node."""

    unit_id: int
    hardware_ids: tuple[str, ...] = ()
    identity: Identity | None = None
    status: dict[str, int] | None = None

    @property
    def clash(self) -> bool:
        """True when more than one node answers here."""
        return len(self.hardware_ids) > 1


@contextlib.contextmanager
def open_line(port: str, baud: int) -> Iterator[Rtu]:
    """A line, let go of at the end; without `port` at the one adapter that is plugged in."""
    rtu = Rtu(open_door(port or find_port(), baud))
    try:
        yield rtu
    finally:
        rtu.close()


def parse_units(text: str) -> list[int]:
    """Unit ids as in `1-40,55`; Trouble when it is none of that."""
    units: list[int] = []
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            units += range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise Trouble("E-USAGE-60", units=text) from error
    if not units or min(units) < LOWEST or max(units) > HIGHEST:
        raise Trouble("E-USAGE-60", units=text)
    return list(dict.fromkeys(units))


def scan_time_s(rtu: Rtu, count: int) -> float:
    """How long a scan takes when nobody answers."""
    each_s = GUEST_SECONDS if rtu.door.shared else rtu.time_s(QUESTION_BYTES) + LATENCY_S
    return count * each_s


def scan(rtu: Rtu, units: Iterable[int], on_progress: Callable[[int], None] = lambda _: None) -> list[Found]:
    """Everything that answers at these unit ids, in order. `on_progress(units asked)`."""
    stirred = []
    previous = None
    for done, unit_id in enumerate(units, 1):
        before = rtu.counts.dropped_bytes
        heard = _stirs(rtu, unit_id)
        late = rtu.counts.dropped_bytes > before
        if previous is not None and (late or heard is None) and previous not in stirred:
            stirred.append(previous)
        if heard is not False:
            stirred.append(unit_id)
        previous = unit_id
        on_progress(done)
    found = [look(rtu, unit_id) for unit_id in sorted(set(stirred))]
    return [one for one in found if one is not None]


def look(rtu: Rtu, unit_id: int) -> Found | None:
    """What answers at this unit id, None for nothing. Two nodes with one unit id seldom answer cleanly: then look longer."""
    client = NodeClient(rtu, unit_id)
    before = rtu.counts.failed + rtu.counts.dropped_bytes
    hardware_ids: tuple[str, ...] = ()
    try:
        identity, status = client.identity(), client.status()
        clean = rtu.counts.failed + rtu.counts.dropped_bytes == before
        hardware_ids = client.discover(CLEAN_READS if clean else DISCOVERY_READS)
        if len(hardware_ids) > 1:
            return Found(unit_id=unit_id, hardware_ids=hardware_ids)
        return Found(unit_id=unit_id, hardware_ids=hardware_ids, identity=identity, status=status)
    except NoAnswer as silence:
        hardware_ids = client.discover()
        return Found(unit_id=unit_id, hardware_ids=hardware_ids) if silence.heard or hardware_ids else None
    except Trouble as trouble:
        if trouble.code in ("E-LINE-03", "E-LINE-04", "E-NODE-01", "E-NODE-02"):
            return Found(unit_id=unit_id, hardware_ids=hardware_ids)
        raise


def _stirs(rtu: Rtu, unit_id: int) -> bool | None:
    """True when the unit answers, False when all is silent, None when bytes come that say nothing."""
    try:
        words = rtu.read(unit_id, IDENTITY.address, QUESTION_REGISTERS, latency_s=LATENCY_S, retries=0)
    except NoAnswer as silence:
        return None if silence.heard else False
    except Refused:
        return True
    return words[1] == MAGIC or None

"""Lines for the technician's tool: an obedient or rude slave on a pty, and a farm of virtual boards."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from firmware.field.doors import SerialDoor
from firmware.field.node_client import NodeClient
from firmware.field.rtu import NoAnswer, Rtu
from hardware.registers import ACTION_RESET, DOCUMENT_SETTINGS
from hardware.twin.farm import BoardPlan, FarmPlan, TwinFarm
from hardware.twin.rude import Answer, RawSlave


@contextmanager
def rude(folder: Path, answer: Answer) -> Iterator[Rtu]:
    """A master before a slave that answers as told."""
    slave = RawSlave(folder / "port", answer)
    rtu = Rtu(SerialDoor(str(folder / "port"), 19200))
    try:
        yield rtu
    finally:
        rtu.close()
        slave.close()


@contextmanager
def twin_farm(folder: Path, firmware: Path, *boards: BoardPlan) -> Iterator[TwinFarm]:
    """These boards on their lines, awake."""
    plan = FarmPlan(folder=folder, firmware=firmware, speed=1, sample_period_ms=1000, stagger_ms=500, boards=boards)
    with TwinFarm(plan) as farm:
        time.sleep(3)
        yield farm


@contextmanager
def client(farm: TwinFarm, line: str, unit_id: int) -> Iterator[NodeClient]:
    """A node of the farm."""
    rtu = Rtu(SerialDoor(str(farm.gateway_port(line)), 19200))
    try:
        yield NodeClient(rtu, unit_id)
    finally:
        rtu.close()


def change(node: NodeClient, **settings: Any) -> None:
    """Give a node settings that are not in the settings block, as `restore` does."""
    before = node.identity().boot_id
    values = json.loads(node.read_document(DOCUMENT_SETTINGS))
    node.send_document(DOCUMENT_SETTINGS, json.dumps({**values, **settings}).encode())
    node.action(ACTION_RESET)
    eventually(lambda: _boot(node) not in (before, 0), 20)


def eventually(condition: Callable[[], object], seconds: float) -> None:
    """Wait until the condition holds."""
    ends_s = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_s, "not in time"
        time.sleep(0.1)


def _boot(node: NodeClient) -> int:
    try:
        return node.identity().boot_id
    except NoAnswer:
        return 0

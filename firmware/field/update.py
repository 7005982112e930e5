"""`pondkeeper-node update`: a signed release over the line, one node after another, stopped at the first failure.

A run that was cut goes on where the node stopped: bytes that it holds are not sent again.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from firmware.field.documents import DocumentRefused
from firmware.field.doors import pause
from firmware.field.farm_file import FarmLine, read_lines
from firmware.field.frame import Screen, Trouble, run
from firmware.field.identify import search
from firmware.field.node_client import NodeClient
from firmware.field.release import Release, read_release
from firmware.field.rtu import NoAnswer
from firmware.field.scan import open_line, parse_units
from firmware.field.text import words
from hardware.registers import (
    ACTION_SWITCH_SLOT,
    DOCUMENT_FILE,
    DOCUMENT_MANIFEST,
    TRANSFER_REFUSED,
)

SWITCH_WITHIN_S = 180.0
TRIAL_WITHIN_S = 720.0
LOOK_EVERY_S = 1.0

Monotonic = Callable[[], float]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("update.help"))
    def update(
        folder: Annotated[Path, typer.Argument(help=words("update.folder"))],
        units: Annotated[str, typer.Option(help=words("update.units"))] = "",
        farm: Annotated[Path | None, typer.Option(help=words("update.farm"))] = None,
        wait: Annotated[bool, typer.Option("--wait/--no-wait", help=words("update.wait"))] = True,
        again: Annotated[bool, typer.Option("--again", help=words("update.again"))] = False,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            release = read_release(folder)
            named = tuple(parse_units(units)) if units else ()
            lines = read_lines(farm) if farm else [FarmLine(name="", port=port, baud=baud, units=named)]
            done = [
                unit_id
                for line in lines
                for unit_id in update_line(line, screen, release, named=named, wait=wait, again=again)
            ]
            screen.result({"version": release.version, "updated": done})
            screen.passed("update.done", version=release.version, nodes=len(done))

        run(work)


def update_line(
    line: FarmLine, screen: Screen, release: Release, *, named: tuple[int, ...], wait: bool, again: bool
) -> list[int]:
    """Every wanted node of a line, one at a time; returns those that took the release. Trouble at the first failure."""
    done = []
    with open_line(line.port, line.baud) as rtu:
        units = [unit_id for unit_id in line.units if not named or unit_id in named]
        if not line.units:
            units = [one.unit_id for one in search(rtu, screen, parse_units("1-247")) if one.identity]
        for unit_id in units:
            client = NodeClient(rtu, unit_id)
            if client.identity().firmware == release.version and not again:
                screen.say("update.already", unit=unit_id, version=release.version)
                continue
            update_node(client, screen, release, wait=wait)
            done.append(unit_id)
            screen.result({"updated": done})
    return done


def update_node(
    client: NodeClient, screen: Screen, release: Release, *, wait: bool, monotonic: Monotonic = time.monotonic
) -> None:
    """Bring the release into the node's other slot, switch, and see it run."""
    screen.say("update.begins", unit=client.unit_id, old=client.known().firmware, new=release.version)
    slot = send_release(client, screen, release)
    boot_before = client.identity().boot_id
    with contextlib.suppress(NoAnswer):
        client.action(ACTION_SWITCH_SLOT)
    screen.say("update.switching", unit=client.unit_id)
    _await_boot(client, boot_before, monotonic)
    _verify(client, release.version, slot)
    if wait:
        _await_trial(client, screen, release.version, slot, monotonic)
    screen.say("update.node_done", unit=client.unit_id, version=release.version)


def send_release(client: NodeClient, screen: Screen, release: Release) -> int:
    """Bring manifest and missing files to the node; returns the slot that they went to."""
    with screen.progress(len(release.manifest) + release.size, "update.progress", unit=client.unit_id) as advance:
        fields = client.send_document(DOCUMENT_MANIFEST, release.manifest, on_progress=advance)
        starts = [len(release.manifest)]
        for data in release.files:
            starts.append(starts[-1] + len(data))
        while fields["next_file"] < fields["files"]:
            index = fields["next_file"]
            if fields["files"] != len(release.files):
                raise Trouble("E-NODE-19", unit=client.unit_id, document=DOCUMENT_MANIFEST)
            fields = client.send_document(DOCUMENT_FILE, release.files[index], index, _from(starts[index], advance))
        advance(starts[-1])
    return fields["slot"]


def _from(begun: int, advance: Callable[[float], None]) -> Callable[[int], None]:
    return lambda there: advance(begun + there)


def _await_boot(client: NodeClient, boot_before: int, monotonic: Monotonic) -> None:
    """Before it boots the node checks every byte of the new slot, and may yet refuse."""
    ends_s = monotonic() + SWITCH_WITHIN_S
    while monotonic() < ends_s:
        pause(LOOK_EVERY_S)
        with contextlib.suppress(NoAnswer):
            if client.identity().boot_id != boot_before:
                return
            fields = client.transfer()
            if fields["state"] == TRANSFER_REFUSED:
                raise DocumentRefused(client.unit_id, DOCUMENT_MANIFEST, 0, fields["refused"])
    raise Trouble("E-NODE-70", unit=client.unit_id)


def _verify(client: NodeClient, version: str, slot: int) -> dict[str, int]:
    """The status of a node that runs this version from this slot; Trouble when it runs another."""
    identity, status = client.identity(), client.status()
    if identity.firmware != version or status["slot"] != slot:
        raise Trouble("E-NODE-71", unit=client.unit_id, found=identity.firmware, wanted=version)
    return status


def _await_trial(client: NodeClient, screen: Screen, version: str, slot: int, monotonic: Monotonic) -> None:
    """Ask on, for being asked is part of the trial."""
    began_s = monotonic()
    silent_s = began_s
    with screen.progress(TRIAL_WITHIN_S, "update.trial", unit=client.unit_id) as advance:
        while monotonic() - began_s < TRIAL_WITHIN_S:
            try:
                if not _verify(client, version, slot)["on_trial"]:
                    return
                silent_s = monotonic()
            except NoAnswer:
                if monotonic() - silent_s > SWITCH_WITHIN_S:
                    raise
            advance(monotonic() - began_s)
            pause(LOOK_EVERY_S)
    raise Trouble("E-NODE-72", unit=client.unit_id)

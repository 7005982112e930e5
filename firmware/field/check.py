"""`pondkeeper-node check`: the wiring report of one node, line by line PASS or FAIL."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from firmware.field.blocks import Live, PanelState, ProbeState, Raw
from firmware.field.doors import open_door, pause
from firmware.field.files import write_file
from firmware.field.frame import Screen, Trouble, run
from firmware.field.identify import duration
from firmware.field.node_client import NodeClient
from firmware.field.relay_check import EXPIRY_S, Click, RelayCheck
from firmware.field.rtu import NoAnswer, Rtu
from firmware.field.scan import open_line
from firmware.field.text import Text, words
from hardware.registers import (
    HOA_AUTO,
    IDENTITY,
    MAINS_HOA_UNREAD,
    MAINS_L1,
    MAINS_UNREAD,
    MAINS_WIRED,
    RESET_WATCHDOG,
    ROLE_PANEL,
)

POLLS = 200
MOST_FAILED_SHARE = 0.001
BAUDS = (19200, 9600, 38400, 57600, 115200, 4800, 2400, 1200)
TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the report, in the technician's words."""

    name: str
    passed: bool
    detail: str


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("check.help"))
    def check(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("check.unit"))],
        relays: Annotated[bool | None, typer.Option("--relays/--no-relays", help=words("check.relays"))] = None,
        out: Annotated[Path | None, typer.Option(help=words("check.out"))] = None,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            with open_line(port, baud) as rtu:
                if relays and rtu.door.shared:
                    raise Trouble("E-USAGE-63")
                listen(rtu, unit)
                report(NodeClient(rtu, unit), screen, relays=relays, out=out)

        run(work)


def report(client: NodeClient, screen: Screen, *, relays: bool | None = False, out: Path | None = None) -> list[Row]:
    """Check everything, show it, save it for `report`."""
    identity = client.identity()
    rows = []
    for row in _rows(client, screen, relays):
        rows.append(row)
        mark = screen.text("check.pass" if row.passed else "check.fail")
        screen.say("check.row", mark=mark, name=row.name, detail=row.detail)
    passed = all(row.passed for row in rows)
    result = {
        "hardware_id": identity.hardware_id,
        "unit": client.unit_id,
        "passed": passed,
        "rows": [asdict(row) for row in rows],
    }
    path = out or Path(f"check-{identity.hardware_id}.json")
    write_file(path, json.dumps(result, ensure_ascii=False, indent=1).encode())
    screen.result({**result, "file": str(path)})
    (screen.passed if passed else screen.failed)("check.done" if passed else "check.done_failed", file=path)
    return rows


def listen(rtu: Rtu, unit_id: int) -> None:
    """Return when the unit answers; else Trouble that says what the silence or the garbage points at."""
    heard = False
    for _ in range(TRIES):
        try:
            rtu.read(unit_id, IDENTITY.address, IDENTITY.length, retries=0)
            return
        except NoAnswer as silence:
            heard = heard or silence.heard
    if not rtu.door.shared:
        _try_other_speeds(rtu, unit_id)
    raise Trouble("E-LINE-06" if heard else "E-LINE-01", unit=unit_id, port=rtu.door.name)


def _try_other_speeds(rtu: Rtu, unit_id: int) -> None:
    """Trouble E-LINE-05 when the unit answers at another speed."""
    name, asked = rtu.door.name, rtu.door.baud
    for baud in BAUDS:
        if baud == asked:
            continue
        rtu.close()
        rtu.door = open_door(name, baud)
        try:
            rtu.read(unit_id, IDENTITY.address, IDENTITY.length, retries=0)
        except NoAnswer:
            continue
        raise Trouble("E-LINE-05", unit=unit_id, baud=baud, asked=asked)


def _rows(client: NodeClient, screen: Screen, relays: bool | None) -> Iterator[Row]:
    before = client.status()
    yield _line(client, screen)
    live = client.live()
    yield from probe_rows(client.probes(), live, client.raw(), screen.text)
    if client.known().role == ROLE_PANEL:
        state = client.panel()
        yield from switch_rows(state, screen.text)
        yield from phase_rows(state, screen.text)
        if _may_click(client, screen, relays):
            yield from _clicks(client, screen)
    after = client.status()
    yield supply_row(before, after, screen.text)
    yield heard_row(before, after, screen.text)
    yield firmware_row(after, screen.text)


def _line(client: NodeClient, screen: Screen) -> Row:
    counts = client.rtu.counts
    start = (counts.silent, counts.garbled, counts.crc_errors)
    with screen.progress(POLLS, "check.polling", polls=POLLS) as advance:
        for done in range(POLLS):
            with contextlib.suppress(NoAnswer):
                client.read(IDENTITY, retries=0)
            advance(done + 1)
    silent, garbled, crc = counts.silent - start[0], counts.garbled - start[1], counts.crc_errors - start[2]
    return line_row(silent, garbled, crc, screen.text)


def line_row(silent: int, garbled: int, crc: int, text: Text) -> Row:
    """How the polls went, and what their errors point at."""
    failed = silent + garbled + crc
    detail = text("check.line.detail", failed=failed, polls=POLLS, silent=silent, garbled=garbled, crc=crc)
    if failed:
        pattern = "crc" if crc >= max(silent, garbled) else "garbled" if garbled >= silent else "silent"
        detail += " " + text(f"check.line.{pattern}")
    return Row(name=text("check.line.name"), passed=failed <= MOST_FAILED_SHARE * POLLS, detail=detail)


def probe_rows(probes: tuple[ProbeState, ...], live: Live, raw: Raw, text: Text) -> Iterator[Row]:
    """Each probe with its identity and the raw value and quality of its channels."""
    ends = [*(probe.first_channel for probe in probes), len(live.channels)][1:]
    for number, (probe, end) in enumerate(zip(probes, ends, strict=False), 1):
        channels = range(probe.first_channel, end)
        parts = [_channel(live, raw, at, text) for at in channels]
        serial = probe.serial or text("check.probe.no_serial")
        good = probe.answering and not any(live.channels[at].bad for at in channels)
        state = "" if probe.answering else text("check.probe.silent") + " "
        yield Row(
            name=text("check.probe.name", number=number), passed=good, detail=f"{serial}: {state}{'; '.join(parts)}"
        )


def _channel(live: Live, raw: Raw, at: int, text: Text) -> str:
    channel = live.channels[at]
    measured = raw.raw[at] if at < len(raw.raw) else None
    return text(
        "check.probe.channel",
        symbol=channel.symbol,
        raw=text("check.nothing") if measured is None else text.number(measured),
        value=text("check.nothing") if channel.value is None else text.number(channel.value),
        unit=channel.unit,
        quality=quality(channel.quality, channel.reason, text),
    )


def quality(level: int, reason: int, text: Text) -> str:
    """Quality and its reason in words."""
    word = text(f"line.quality.{min(level, 2)}")
    return f"{word} ({text(f'line.reason.{reason}')})" if reason else word


def switch_rows(state: PanelState, text: Text) -> Iterator[Row]:
    """Where each Hand-Off-Auto switch stands."""
    if state.mains & MAINS_HOA_UNREAD:
        yield Row(name=text("check.switch.all"), passed=False, detail=text("check.switch.unread"))
        return
    for aerator, position in enumerate(state.hoa, 1):
        yield Row(
            name=text("check.switch.name", aerator=aerator),
            passed=position == HOA_AUTO,
            detail=text(f"check.switch.{position}"),
        )


def phase_rows(state: PanelState, text: Text) -> Iterator[Row]:
    """Which phases are there, where they are sensed at all."""
    if not state.mains & MAINS_WIRED:
        yield Row(name=text("check.phase.all"), passed=True, detail=text("check.phase.not_wired"))
        return
    if state.mains & MAINS_UNREAD:
        yield Row(name=text("check.phase.all"), passed=False, detail=text("check.phase.unread"))
        return
    for phase in range(3):
        there = bool(state.mains & MAINS_L1 << phase)
        detail = text("check.phase.there" if there else "check.phase.missing")
        yield Row(name=text("check.phase.name", phase=phase + 1), passed=there, detail=detail)


def supply_row(before: dict[str, int], after: dict[str, int], text: Text) -> Row:
    """Whether the node stayed up, and why it started last."""
    values = {"uptime": duration(after["uptime_s"]), "cause": text(f"identify.reset.{after['reset_cause']}")}
    restarted = before["boot_id"] != after["boot_id"]
    bitten = after["reset_cause"] == RESET_WATCHDOG
    said = "restarted" if restarted else "watchdog" if bitten else "good"
    return Row(name=text("check.supply.name"), passed=said == "good", detail=text(f"check.supply.{said}", **values))


def heard_row(before: dict[str, int], after: dict[str, int], text: Text) -> Row:
    """Damaged requests that the node itself counted meanwhile."""
    missed = after["crc_misses"] - before["crc_misses"] if before["boot_id"] == after["boot_id"] else 0
    said = "noisy" if missed else "good"
    return Row(name=text("check.heard.name"), passed=not missed, detail=text(f"check.heard.{said}", missed=missed))


def firmware_row(status: dict[str, int], text: Text) -> Row:
    """Whether the application runs, rather than the base."""
    slot = text(f"identify.slot.{status['slot']}")
    reason = text(f"line.safe_boot.{status['safe_boot']}")
    detail = text("check.firmware.detail", slot=slot, reason=reason, errors=status["errors_logged"])
    return Row(name=text("check.firmware.name"), passed=not status["safe_boot"], detail=detail)


def _may_click(client: NodeClient, screen: Screen, relays: bool | None) -> bool:
    if client.rtu.door.shared:
        screen.say("check.relay.not_here")
        return False
    if relays is None and not screen.as_json and sys.stdin.isatty():
        return screen.confirm("check.relay.agree")
    return bool(relays)


def _clicks(client: NodeClient, screen: Screen) -> Iterator[Row]:
    relays = RelayCheck(client, client.settings(), time.monotonic, pause)
    screen.say("check.relay.begins", seconds=round(relays.time_s), rest=relays.rest_s)
    try:
        for click in relays.run():
            yield click_row(click, screen.text)
    finally:
        screen.say("check.relay.released", seconds=EXPIRY_S)


def click_row(click: Click, text: Text) -> Row:
    """What a relay did, in words."""
    values = {
        name: text("check.nothing") if current is None else text.number(current)
        for name, current in (("on", click.on_a), ("off", click.off_a))
    }
    detail = text(click.said, other=click.other, **values)
    return Row(name=text("check.relay.name", aerator=click.aerator), passed=click.passed, detail=detail)

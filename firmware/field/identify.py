"""`pondkeeper-node identify`: who is on the line, and which box on the wall it is."""

from typing import Annotated

import typer

from firmware.field.frame import Screen, run
from firmware.field.node_client import NodeClient
from firmware.field.rtu import Rtu
from firmware.field.scan import Found, open_line, parse_units, scan, scan_time_s
from firmware.field.text import Text, words
from hardware.registers import ACTION_IDENTIFY, ROLE_PANEL

COLUMNS = ("unit", "hardware_id", "role", "firmware", "slot", "uptime", "reset")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("identify.help"))
    def identify(
        unit: Annotated[int | None, typer.Argument(min=1, max=247, help=words("identify.unit"))] = None,
        blink: Annotated[bool, typer.Option("--blink", help=words("identify.blink"))] = False,
        units: Annotated[str, typer.Option(help=words("identify.units"))] = "1-247",
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            with open_line(port, baud) as rtu:
                if blink and unit is not None:
                    _blink(rtu, screen, unit)
                    return
                found = search(rtu, screen, [unit] if unit is not None else parse_units(units))
                show(screen, found)
                if not found:
                    screen.failed("identify.nobody")
                elif any(one.clash for one in found):
                    screen.failed("identify.clash")

        run(work)


def search(rtu: Rtu, screen: Screen, units: list[int]) -> list[Found]:
    """Scan with a progress bar, the time it takes stated before."""
    screen.say("identify.searching", units=len(units), seconds=round(scan_time_s(rtu, len(units)) + 0.5))
    with screen.progress(len(units), "identify.progress") as advance:
        return scan(rtu, units, advance)


def show(screen: Screen, found: list[Found]) -> None:
    """The nodes as a table, and for a script."""
    rows = [row(one, screen.text) for one in found]
    screen.table("identify.table", [f"identify.column.{name}" for name in COLUMNS], rows)
    screen.result({"nodes": [_facts(one) for one in found]})


def row(one: Found, text: Text) -> list[str]:
    """What the table says of a node."""
    if one.clash:
        return [str(one.unit_id), ", ".join(one.hardware_ids), text("identify.shared"), "", "", "", ""]
    if one.identity is None or one.status is None:
        return [str(one.unit_id), ", ".join(one.hardware_ids) or "–", text("identify.stranger"), "", "", "", ""]
    return [
        str(one.unit_id),
        one.identity.hardware_id,
        text("identify.role.panel" if one.identity.role == ROLE_PANEL else "identify.role.node"),
        one.identity.firmware,
        text(f"identify.slot.{one.status['slot']}"),
        duration(one.status["uptime_s"]),
        text(f"identify.reset.{one.status['reset_cause']}"),
    ]


def duration(seconds: int) -> str:
    """Days, hours, minutes and seconds, as `3d 04:05:06`."""
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"
    return f"{days}d {clock}" if days else clock


def _blink(rtu: Rtu, screen: Screen, unit_id: int) -> None:
    client = NodeClient(rtu, unit_id)
    identity = client.identity()
    client.action(ACTION_IDENTIFY)
    screen.say("identify.blinks", unit=unit_id, hardware_id=identity.hardware_id)
    screen.result({"unit": unit_id, "hardware_id": identity.hardware_id, "blinks": True})


def _facts(one: Found) -> dict[str, object]:
    facts: dict[str, object] = {"unit": one.unit_id, "hardware_ids": list(one.hardware_ids), "clash": one.clash}
    if one.identity is not None and one.status is not None:
        facts |= {
            "role": "panel" if one.identity.role == ROLE_PANEL else "node",
            "firmware": one.identity.firmware,
            "slot": one.status["slot"],
            "uptime_s": one.status["uptime_s"],
            "reset_cause": one.status["reset_cause"],
        }
    return facts

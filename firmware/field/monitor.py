"""`pondkeeper-node monitor`: what nodes measure now, in the terminal."""

from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live as Screenful
from rich.table import Table

from firmware.field.blocks import Live, PanelState
from firmware.field.check import quality
from firmware.field.doors import pause
from firmware.field.frame import Screen, Trouble, run
from firmware.field.identify import search
from firmware.field.node_client import NodeClient
from firmware.field.rtu import NoAnswer
from firmware.field.scan import open_line, parse_units
from firmware.field.text import Text, words
from hardware.registers import ROLE_PANEL

COLUMNS = ("unit", "channel", "quantity", "value", "quality", "age")
AERATOR_COLUMNS = ("unit", "aerator", "relay", "current", "switch")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("monitor.help"))
    def monitor(
        units: Annotated[list[int] | None, typer.Argument(min=1, max=247, help=words("monitor.units"))] = None,
        once: Annotated[bool, typer.Option("--once", help=words("monitor.once"))] = False,
        every: Annotated[float, typer.Option(min=0.2, help=words("monitor.every"))] = 1.0,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            with open_line(port, baud) as rtu:
                wanted = units or [one.unit_id for one in search(rtu, screen, parse_units("1-247")) if one.identity]
                clients = [NodeClient(rtu, unit_id) for unit_id in wanted]
                if once or screen.as_json:
                    look_once(clients, screen)
                else:
                    _look_on(clients, screen, every)

        run(work)


def look_once(clients: list[NodeClient], screen: Screen) -> None:
    """Every node once; Trouble when one does not answer."""
    nodes = []
    for client in clients:
        live, state = _ask(client)
        screen.console.print(_tables([(client.unit_id, live, state)], screen.text))
        nodes.append(facts(client, live, state))
    screen.result({"nodes": nodes})


def facts(client: NodeClient, live: Live, state: PanelState | None) -> dict[str, Any]:
    """A node's readings for a script."""
    found: dict[str, Any] = {
        "unit": client.unit_id,
        "hardware_id": client.known().hardware_id,
        "sequence": live.sequence,
        "age_ms": live.age_ms,
        "channels": [
            {
                "symbol": channel.symbol,
                "unit": channel.unit,
                "value": channel.value,
                "quality": channel.quality,
                "reason": channel.reason,
                "age_s": channel.age_s,
            }
            for channel in live.channels
        ],
    }
    if state is not None:
        found["aerators"] = [
            {"runs": bool(state.coils >> at & 1), "current_a": current, "hand_off_auto": state.hoa[at]}
            for at, current in enumerate(state.current_a)
        ]
    return found


def _look_on(clients: list[NodeClient], screen: Screen, every_s: float) -> None:
    with Screenful(console=screen.console, auto_refresh=False) as shown:
        while True:
            seen: list[tuple[int, Live | None, PanelState | None]] = []
            for client in clients:
                try:
                    seen.append((client.unit_id, *_ask(client)))
                except NoAnswer:
                    seen.append((client.unit_id, None, None))
            shown.update(_tables(seen, screen.text), refresh=True)
            pause(every_s)


def _ask(client: NodeClient) -> tuple[Live, PanelState | None]:
    try:
        live = client.live()
    except Trouble as trouble:
        if trouble.code == "E-NODE-01":
            raise Trouble("E-NODE-60", unit=client.unit_id) from trouble
        raise
    return live, client.panel() if client.known().role == ROLE_PANEL else None


def _tables(seen: list[tuple[int, Live | None, PanelState | None]], text: Text) -> Group:
    readings = Table(*(text(f"monitor.column.{name}") for name in COLUMNS))
    aerators = Table(*(text(f"monitor.column.{name}") for name in AERATOR_COLUMNS))
    for unit_id, live, state in seen:
        if live is None:
            readings.add_row(str(unit_id), "", text("monitor.silent"))
            continue
        for row in _reading_rows(live, text):
            readings.add_row(str(unit_id), *row)
        for row in _aerator_rows(state, text) if state else ():
            aerators.add_row(str(unit_id), *row)
    return Group(readings, aerators) if aerators.row_count else Group(readings)


def _reading_rows(live: Live, text: Text) -> list[tuple[str, ...]]:
    return [
        (
            str(number),
            channel.symbol,
            "–" if channel.value is None else f"{text.number(channel.value)} {channel.unit}",
            quality(channel.quality, channel.reason, text),
            "–" if channel.age_s is None else f"{channel.age_s} s",
        )
        for number, channel in enumerate(live.channels)
    ]


def _aerator_rows(state: PanelState, text: Text) -> list[tuple[str, ...]]:
    return [
        (
            str(at + 1),
            text("monitor.runs" if state.coils >> at & 1 else "monitor.rests"),
            "–" if current is None else f"{text.number(current)} A",
            text(f"check.switch.{state.hoa[at]}"),
        )
        for at, current in enumerate(state.current_a)
    ]

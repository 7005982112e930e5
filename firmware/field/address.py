"""`pondkeeper-node address`: gives a node a unit id (or a baud rate) of its own, and believes it after a power-cycle."""

import time
from collections.abc import Callable
from typing import Annotated

import typer

from firmware.field.doors import open_door, pause
from firmware.field.frame import Screen, Trouble, run
from firmware.field.identify import search
from firmware.field.node_client import NodeClient
from firmware.field.rtu import NoAnswer, Rtu
from firmware.field.scan import HIGHEST, Found, look, open_line, parse_units
from firmware.field.text import words
from hardware.registers import ACTION_RESET, ACTION_SAVE_SETTINGS

BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
SAVED_WITHIN_S = 10.0
BACK_WITHIN_S = 30.0
FACTORY_UNIT = 1

Monotonic = Callable[[], float]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=words("address.help"))
    def address(
        unit: Annotated[int, typer.Argument(min=1, max=247, help=words("address.unit"))] = FACTORY_UNIT,
        new: Annotated[int | None, typer.Argument(min=1, max=247, help=words("address.new"))] = None,
        set_baud: Annotated[int | None, typer.Option(help=words("address.set_baud"))] = None,
        units: Annotated[str, typer.Option(help=words("identify.units"))] = "1-247",
        yes: Annotated[bool, typer.Option("--yes", help=words("address.yes"))] = False,
        port: Annotated[str, typer.Option(help=words("line.port"))] = "",
        baud: Annotated[int, typer.Option(help=words("line.baud"))] = 19200,
    ) -> None:
        def work(screen: Screen) -> None:
            if set_baud is not None and set_baud not in BAUDS:
                raise Trouble("E-USAGE-61", baud=set_baud, known=", ".join(map(str, BAUDS)))
            with open_line(port, baud) as rtu:
                if set_baud is not None and rtu.door.shared:
                    raise Trouble("E-USAGE-62")
                found = search(rtu, screen, parse_units(units))
                wanted = choose(found, unit, new, keep=set_baud is not None)
                if not yes and not screen.confirm("address.agree", unit=unit, new=wanted, baud=set_baud or baud):
                    return
                move(rtu, screen, unit, wanted, set_baud)

        run(work)


def choose(found: list[Found], unit_id: int, new: int | None, *, keep: bool = False) -> int:
    """The unit id to give: `new` if nobody has it, else the next free one; Trouble for every kind of clash."""
    here = next((one for one in found if one.unit_id == unit_id), None)
    if here is not None and here.clash:
        raise Trouble("E-NODE-61", unit=unit_id, hardware_ids=", ".join(here.hardware_ids))
    if new is None:
        return unit_id if keep else next_free(found)
    if new != unit_id and any(one.unit_id == new for one in found):
        raise Trouble("E-NODE-62", unit=new, free=next_free(found))
    return new


def next_free(found: list[Found]) -> int:
    """The lowest unit id that nobody answers at; 1 stays free for the next board that comes from its box."""
    taken = {one.unit_id for one in found}
    free = [unit_id for unit_id in range(FACTORY_UNIT + 1, HIGHEST + 1) if unit_id not in taken]
    if not free:
        raise Trouble("E-NODE-63")
    return free[0]


def move(
    rtu: Rtu, screen: Screen, unit_id: int, new: int, set_baud: int | None = None, monotonic: Monotonic = time.monotonic
) -> None:
    """Write, read back, save, power-cycle, and find the same board under its new address."""
    client = NodeClient(rtu, unit_id)
    before = client.identity()
    if new != unit_id and look(rtu, new) is not None:
        raise Trouble("E-NODE-62", unit=new, free="–")
    changes = {"unit_id": new} | ({"baud_hundreds": set_baud // 100} if set_baud is not None else {})
    client.write_settings(**changes)
    _same(client, changes)
    save(client, monotonic)
    client.action(ACTION_RESET)
    screen.say("address.restarting", unit=new)
    if set_baud is not None:
        _change_speed(rtu, set_baud)
    moved = NodeClient(rtu, new)
    _find_again(moved, before.hardware_id, before.boot_id, monotonic)
    _same(moved, changes)
    screen.result({"hardware_id": before.hardware_id, "unit_before": unit_id, "unit": new, "baud": rtu.door.baud})
    screen.passed("address.done", hardware_id=before.hardware_id, unit=new, baud=rtu.door.baud)
    if rtu.door.shared:
        screen.say("address.tell_gateway", unit=new)


def save(client: NodeClient, monotonic: Monotonic = time.monotonic) -> None:
    """Have the node keep its settings; Trouble when its settings generation does not rise."""
    before = client.status()["settings_generation"]
    client.action(ACTION_SAVE_SETTINGS)
    ends_s = monotonic() + SAVED_WITHIN_S
    while client.status()["settings_generation"] == before:
        if monotonic() > ends_s:
            raise Trouble("E-NODE-64", unit=client.unit_id)
        pause(0.1)


def _same(client: NodeClient, changes: dict[str, int]) -> None:
    settings = client.settings()
    if any(settings[name] != value for name, value in changes.items()):
        raise Trouble("E-NODE-65", unit=client.unit_id)


def _change_speed(rtu: Rtu, baud: int) -> None:
    name = rtu.door.name
    pause(0.5)
    rtu.close()
    rtu.door = open_door(name, baud)


def _find_again(client: NodeClient, hardware_id: str, boot_before: int, monotonic: Monotonic) -> None:
    ends_s = monotonic() + BACK_WITHIN_S
    while monotonic() < ends_s:
        pause(0.25)
        try:
            found = client.identity()
        except NoAnswer:
            continue
        if found.hardware_id != hardware_id:
            raise Trouble("E-NODE-66", unit=client.unit_id, found=found.hardware_id, wanted=hardware_id)
        if found.boot_id != boot_before:
            return
    raise Trouble("E-NODE-67", unit=client.unit_id, hardware_id=hardware_id)

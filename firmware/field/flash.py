"""`flash`: the interpreter onto one board, or onto every board that is plugged in."""

from pathlib import Path
from typing import Annotated

import typer

from firmware.field import ports, programmer
from firmware.field.frame import Screen, log, run
from firmware.field.images import Bundle, Image, default_folder
from firmware.field.text import words
from firmware.field.trouble import Trouble

CHIP = "esp32"


def register(app: typer.Typer) -> None:
    """Add `flash`."""

    @app.command("flash", help=words("flash.help"))
    def flash(
        port: Annotated[list[str] | None, typer.Option("--port", help=words("flash.option.port"))] = None,
        every: Annotated[bool, typer.Option("--all", help=words("flash.option.all"))] = False,
        image: Annotated[str | None, typer.Option("--image", help=words("flash.option.image"))] = None,
        chip: Annotated[str, typer.Option("--chip", help=words("flash.option.chip"))] = CHIP,
        folder: Annotated[Path | None, typer.Option("--bundle", help=words("bundle.option.folder"))] = None,
    ) -> None:
        def work(screen: Screen) -> None:
            bundle = Bundle(folder or default_folder())
            chosen = bundle.choose(image, chip)
            if chosen.chip != chip:
                raise Trouble("E-IMAGE-06", path=chosen.name, chip=chosen.chip, wanted=chip)
            path = bundle.path(chosen)
            if every or (port and len(port) > 1):
                flash_all(screen, port or [board.device for board in ports.boards()], chosen, path)
            else:
                device = ports.choose(port[0] if port else None)
                screen.result({"image": chosen.name, **flash_one(screen, device, chosen, path)})
                screen.passed("flash.done", port=device)

        run(work)


def flash_one(screen: Screen, port: str, image: Image, path: Path) -> dict[str, object]:
    """Write and verify one board; Trouble when it fails."""
    with screen.progress(100, "flash.writing", port=port, image=image.name) as show:
        written = programmer.write(port, image.chip, image.offset, path, show)
    if written.baud == programmer.SAFE_BAUD:
        screen.say("flash.slow", baud=written.baud)
    return {"port": port, "mac": written.mac, "baud": written.baud}


def flash_all(screen: Screen, devices: list[str], image: Image, path: Path) -> None:
    """One board after the other, each with its own large PASS or FAIL; one that fails does not stop the rest."""
    if not devices:
        raise Trouble("E-PORT-01")
    results: list[dict[str, object]] = []
    for device in devices:
        try:
            results.append({**flash_one(screen, device, image, path), "ok": True})
            screen.passed("flash.done", port=device)
        except Trouble as trouble:
            log.error("%s: %s", device, trouble, exc_info=trouble.__cause__)
            cause, step = screen.words_of(trouble)
            results.append({"port": device, "ok": False, "code": trouble.code, "cause": cause, "next": step})
            screen.failed("flash.failed", port=device)
            screen.trouble(trouble)
    columns = ("flash.port", "flash.result", "flash.mac", "flash.code")
    words_of = {True: screen.text("frame.pass"), False: screen.text("frame.fail")}
    rows = [(r["port"], words_of[bool(r["ok"])], r.get("mac", ""), r.get("code", "")) for r in results]
    screen.table("flash.title", columns, rows)
    screen.result({"image": image.name, "boards": results})

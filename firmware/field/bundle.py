"""`bundle`: take interpreter images in, and list them."""

from pathlib import Path
from typing import Annotated

import typer

from firmware.field.frame import Screen, run
from firmware.field.images import Bundle, default_folder
from firmware.field.text import words


def register(app: typer.Typer) -> None:
    """Add `bundle add` and `bundle list`."""
    bundle = typer.Typer(help=words("bundle.help"), no_args_is_help=True)
    folder_option = typer.Option("--bundle", help=words("bundle.option.folder"))

    @bundle.command("add", help=words("bundle.add_help"))
    def add(
        file: Annotated[Path, typer.Argument(help=words("bundle.option.file"))],
        folder: Annotated[Path | None, folder_option] = None,
    ) -> None:
        run(lambda screen: _add(screen, Bundle(folder or default_folder()), file))

    @bundle.command("list", help=words("bundle.list_help"))
    def show(folder: Annotated[Path | None, folder_option] = None) -> None:
        run(lambda screen: _list(screen, Bundle(folder or default_folder())))

    app.add_typer(bundle, name="bundle")


def _add(screen: Screen, bundle: Bundle, file: Path) -> None:
    image = bundle.add(file)
    screen.say("bundle.added", name=image.name, chip=image.chip, size=image.size, sha256=image.sha256)
    screen.result(vars(image))


def _list(screen: Screen, bundle: Bundle) -> None:
    images = bundle.images()
    columns = ("bundle.name", "bundle.chip", "bundle.size", "bundle.sha256")
    screen.table("bundle.title", columns, [(i.name, i.chip, i.size, i.sha256) for i in images])
    screen.result({"folder": bundle.folder, "images": [vars(image) for image in images]})

"""pondkeeper-node: the technician's command; each command is a module of this folder with `register(app)`."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from firmware.field import frame
from firmware.field.text import LANGUAGES, speak, wanted_language, words

COMMANDS = (
    "doctor",
    "bundle",
    "flash",
    "install",
    "identify",
    "address",
    "settings",
    "check",
    "calibrate",
    "label",
    "report",
    "backup",
    "restore",
    "update",
    "monitor",
    "logs",
)


def build() -> typer.Typer:
    """The application in the language of this process; modules are imported here, so that their help is in it too."""
    app = typer.Typer(
        help=words("frame.help"),
        epilog=words("frame.exit_codes"),
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback(invoke_without_command=True)
    def options(
        context: typer.Context,
        lang: Annotated[str, typer.Option("--lang", metavar="vi|en", help=words("frame.option.lang"))] = "",
        as_json: Annotated[bool, typer.Option("--json", help=words("frame.option.json"))] = False,
        log: Annotated[Path | None, typer.Option("--log", help=words("frame.option.log"))] = None,
    ) -> None:
        frame.configure(_options(as_json, log))
        if lang and lang not in LANGUAGES:
            raise typer.BadParameter(", ".join(LANGUAGES), param_hint="--lang")
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    for name in COMMANDS:
        import_module(f"firmware.field.{name}").register(app)
    return app


def _options(as_json: bool, log: Path | None) -> frame.Options:
    return frame.Options(json=as_json) if log is None else frame.Options(json=as_json, log=log)


def call(arguments: list[str]) -> int:
    """Run one command line; returns the exit code."""
    speak(wanted_language(arguments))
    frame.configure(_options("--json" in arguments, None))
    try:
        code: Any = build()(arguments, prog_name="pondkeeper-node", standalone_mode=False)
    except TyperException as error:
        return frame.say_trouble(frame.Trouble("E-USAGE-01", problem=error.format_message()))
    except (typer.Abort, KeyboardInterrupt):
        return frame.say_trouble(frame.Trouble("E-STOP-01"))
    return code if isinstance(code, int) else 0


def main() -> None:
    """The console command."""
    sys.exit(call(sys.argv[1:]))

"""The frame around every command: what it shows, how it fails, what a script gets."""

import json
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from rich.align import Align
from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text as Styled

from firmware.field.text import Text, spoken
from firmware.field.trouble import CHECK_FAILED, DONE, Trouble

__all__ = ["Options", "Screen", "Trouble", "configure", "options", "run"]

LOG_FILE = Path("~/.local/state/pondkeeper/node.log")
log = logging.getLogger("pondkeeper-node")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the technician asked for before the command's name."""

    json: bool = False
    log: Path = field(default_factory=LOG_FILE.expanduser)


_options = Options()


def configure(chosen: Options) -> None:
    """Set the options of this process."""
    global _options
    _options = chosen


def options() -> Options:
    """The options of this process."""
    return _options


class Screen:
    """What the technician sees; with --json all of it stays silent but the one object at the end."""

    def __init__(self, text: Text, as_json: bool) -> None:
        self.text = text
        self.as_json = as_json
        self.console = Console(quiet=as_json, highlight=False)
        self.values: dict[str, Any] = {}
        self.has_failed = False

    def say(self, key: str, **values: Any) -> None:
        """One message of the catalogue."""
        self.console.print(Styled(self.text(key, **values)))

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; title and columns are keys, the rows are shown as they are."""
        table = Table(title=self.text(title), title_justify="left")
        for column in columns:
            table.add_column(self.text(column))
        for row in rows:
            table.add_row(*(Styled(str(cell)) for cell in row))
        self.console.print(table)

    @contextmanager
    def progress(self, total: float, key: str, **values: Any) -> Iterator[Callable[[float], None]]:
        """A progress bar; yields a function that takes how much is done by now, out of `total`."""
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console) as progress:
            task = progress.add_task(self.text(key, **values), total=total)
            yield lambda done: progress.update(task, completed=done)

    def passed(self, key: str, **values: Any) -> None:
        """A large PASS."""
        self._banner("frame.pass", "bold white on green", key, values)

    def failed(self, key: str, **values: Any) -> None:
        """A large FAIL; the process will exit with 1."""
        self.has_failed = True
        self._banner("frame.fail", "bold white on red", key, values)

    def result(self, values: dict[str, Any]) -> None:
        """Facts for a script: they are joined into the one object that --json prints."""
        self.values.update(values)

    def confirm(self, key: str, **values: Any) -> bool:
        """Ask yes or no; Trouble E-USAGE-02 where nobody can answer."""
        self._needs_a_person()
        return typer.confirm(self.text(key, **values))

    def ask(self, key: str, default: str | None = None, **values: Any) -> str:
        """Ask for an answer; Trouble E-USAGE-02 where nobody can give one."""
        self._needs_a_person()
        return str(typer.prompt(self.text(key, **values), default=default))

    def trouble(self, trouble: Trouble) -> None:
        """Cause, next step and code."""
        cause, step = self.words_of(trouble)
        body = Styled.assemble((cause, "bold"), "\n", (self.text("frame.next"), "bold"), " ", step)
        self.console.print(Panel(body, title=trouble.code, title_align="left", border_style="red"))

    def words_of(self, trouble: Trouble) -> tuple[str, str]:
        """Cause and next step of a trouble."""
        key = f"error.{trouble.code}"
        return self.text(f"{key}.cause", **trouble.values), self.text(f"{key}.next", **trouble.values)

    def _needs_a_person(self) -> None:
        if self.as_json or not sys.stdin.isatty():
            raise Trouble("E-USAGE-02")

    def _banner(self, word: str, style: str, key: str, values: dict[str, Any]) -> None:
        large = Styled("   ".join(" ".join(part) for part in self.text(word).split(" ")), style=style)
        self.console.print(Panel(Align.center(large), style=style, padding=(1, 2)))
        self.say(key, **values)
        self.console.bell()


def run(function: Callable[[Screen], None]) -> None:
    """Do a command's work and end the process with its exit code; no exception leaves but the exit."""
    screen = Screen(spoken(), options().json)
    where = _open_log(options().log)
    try:
        function(screen)
    except typer.Exit:
        raise
    except Exception as error:
        _end(screen, _as_trouble(error, where))
    except KeyboardInterrupt:
        _end(screen, Trouble("E-STOP-01"))
    code = CHECK_FAILED if screen.has_failed else DONE
    if screen.as_json:
        _print_json({"ok": code == DONE, **screen.values})
    raise typer.Exit(code)


def say_trouble(trouble: Trouble) -> int:
    """Show a trouble that came before any command ran; returns the exit code."""
    return _show(Screen(spoken(), options().json), trouble)


def _as_trouble(error: Exception, where: Path | None) -> Trouble:
    if isinstance(error, typer.Abort):
        return Trouble("E-STOP-01")
    if isinstance(error, Trouble):
        log.error("%s", error, exc_info=error.__cause__)
        return error
    log.exception("unforeseen")
    return Trouble("E-TOOL-01", log=where or "–", problem=type(error).__name__)


def _end(screen: Screen, trouble: Trouble) -> None:
    raise typer.Exit(_show(screen, trouble))


def _show(screen: Screen, trouble: Trouble) -> int:
    if screen.as_json:
        cause, step = screen.words_of(trouble)
        _print_json({"ok": False, "code": trouble.code, "cause": cause, "next": step, **screen.values})
    screen.trouble(trouble)
    return trouble.exit_code


def _print_json(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")
    sys.stdout.flush()


def _open_log(path: Path) -> Path | None:
    """Let the details go to the log file; None when it cannot be written, and the command goes on without."""
    log.handlers.clear()
    log.propagate = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:
        log.addHandler(logging.NullHandler())
        return None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.info("pondkeeper-node %s", " ".join(sys.argv[1:]))
    return path

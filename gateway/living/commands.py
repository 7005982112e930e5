"""The commands of this room; what they need is imported when one is called, for processes of the farm stay small."""

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gateway.living.speaking import Lang, words_of
from gateway.living.system_files import FARM

FAILED, USAGE = 1, 2

FarmOption = Annotated[Path, typer.Option("--farm", help="The farm's description.")]
Root = Annotated[Path, typer.Option("--root", help="Lay everything under this folder: for images and tests.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


def register(app: typer.Typer) -> None:
    """Add them."""
    for command in (install, uninstall, doctor, backup, restore, upgrade):
        app.command(command.__name__)(command)


def install(farm: FarmOption = Path(FARM), root: Root = Path("/"), dry_run: DryRun = False, lang: Lang = "vi") -> None:
    """Make this gateway a part of the system: user, folders, services, watchdogs, names of adapters, certificates.

    May be run again at any time. Exit code 1 when it cannot be done; nothing was changed then.
    """
    from gateway.living.install import install_under

    install_under(root, farm, dry_run, words_of(lang))


def uninstall(root: Root = Path("/"), dry_run: DryRun = False, lang: Lang = "vi") -> None:
    """Take everything out of the system again but the data: farm.toml and the data folder stay."""
    from gateway.living.install import uninstall_under

    uninstall_under(root, dry_run, words_of(lang))


def doctor(
    farm: Annotated[Path, typer.Argument(help="The farm's description.")] = Path(FARM),
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    lang: Lang = "vi",
) -> None:
    """Find what is wrong and say the command that mends it; as root it sees most. Exit code 1 when there is anything."""
    from gateway.living.doctor import as_told, examine
    from gateway.living.findings import Machine

    words = words_of(lang)
    found = [as_told(finding, words) for finding in examine(farm, Machine())]
    if as_json:
        typer.echo(json.dumps({"findings": found}, ensure_ascii=False))
    else:
        for told in found:
            typer.echo(f"✗ {told['cause']}\n  → {told['mend']}")
        if not found:
            typer.echo(words("doctor.fine"))
    if found:
        raise typer.Exit(FAILED)


def backup(
    file: Annotated[Path, typer.Argument(help="Where to; it holds secrets, keep it safe.")],
    farm: FarmOption = Path(FARM),
    history: Annotated[bool, typer.Option(help="With the journal: readings and events.")] = True,
    lang: Lang = "vi",
) -> None:
    """Keep everything of the farm in one file: description, secrets, people, what was learned, history.

    The farm may go on meanwhile. Exit code 1 when it could not be written, 2 when farm.toml cannot be used.
    """
    import apsw

    from gateway.farm import FarmError, read_farm
    from gateway.living.backup import make_backup

    words = words_of(lang)
    try:
        manifest = make_backup(farm, read_farm(farm), file, history)
    except FarmError as error:
        _end(str(error), USAGE)
    except (OSError, apsw.Error) as error:
        _end(words("backup.failed", file=str(file), detail=str(error)))
    typer.echo(words("backup.done", file=str(file), n=len(manifest.files), megabytes=file.stat().st_size / 1e6))


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` has written.")],
    farm: FarmOption = Path(FARM),
    lang: Lang = "vi",
) -> None:
    """Bring a farm back. What was here is put aside, never overwritten. Exit code 1 when nothing was changed."""
    from gateway.living.archive import ArchiveError
    from gateway.living.restore import restore_backup
    from gateway.living.tls import utc_now

    words = words_of(lang)
    try:
        restored = restore_backup(file, farm, utc_now())
    except ArchiveError as error:
        _end(words(f"restore.{error.code}", file=str(file), detail=error.detail))
    for old in restored.aside:
        typer.echo(words("restore.aside", file=str(old)))
    typer.echo(words("restore.done", farm=str(farm), data=str(restored.data)))


def upgrade(
    what: Annotated[str, typer.Argument(help="A wheel, or the number of a version.", metavar="WHEEL|VERSION")],
    farm: FarmOption = Path(FARM),
    one_way: Annotated[bool, typer.Option("--one-way", help="Even if there is no way back.")] = False,
    lang: Lang = "vi",
) -> None:
    """Change to another version; back to this one when that is not healthy within 2 minutes. Exit code 1 then."""
    from gateway.living.upgrade import HOME, Upgrade, UpgradeError

    words = words_of(lang)
    try:
        name = Upgrade(home=HOME, farm=farm).to(what, one_way)
    except UpgradeError as error:
        _end(words(f"upgrade.{error.code}", what=what, detail=error.detail))
    typer.echo(words("upgrade.done", version=name))


def _end(text: str, code: int = FAILED) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(code)

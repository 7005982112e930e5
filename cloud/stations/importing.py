"""A watched folder: station files that stand still are stored and put aside; an FTP drop is such a folder.

The good lines of a partly bad file are stored: a line stands for itself, and one sick probe must not cost the others. The
whole file then lies in rejected/ with a .reason beside it; put in again after mending, its stored lines change nothing.
"""

import logging
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from cloud.database import Database
from cloud.stations import repository
from cloud.stations.file_name import FileName
from cloud.stations.flags import judge
from cloud.stations.national_file import LARGEST_BYTES, VIETNAM, Fault, Parsed, parse, stamp
from gateway.text import LANGUAGES, Text, text

log = logging.getLogger(__name__)

TAKEN, REJECTED = "taken", "rejected"
STILL_S = 10.0
MOST_AT_ONCE = 500
KEPT_DAYS = 30
MOST_WORDED = 100
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".reason")


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one file: lines taken, and what was wrong."""

    name: str
    taken: int
    faults: list[Fault]


@dataclass(frozen=True, slots=True)
class _Seen:
    size: int
    changed_ns: int
    since_s: float


class FolderImport:
    """Takes the files of one folder, each when it has stood still for `STILL_S` by the monotonic clock."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        names: FileName,
        monotonic: Callable[[], float],
        wall: Callable[[], float],
    ) -> None:
        self._database = database
        self._folder = folder
        self._names = names
        self._monotonic = monotonic
        self._wall = wall
        self._seen: dict[str, _Seen] = {}
        self._complained: set[str] = set()

    def step(self) -> list[Done]:
        """Take what stands still. OSError for a folder that cannot be used; OperationalError leaves the files in place."""
        done = []
        for path in self._still():
            try:
                done.append(self._take(path))
            except FileNotFoundError:
                log.info("%s was taken by another worker", path)
            except OSError as error:
                self._complain(path, error)
        self._forget_old()
        return done

    def _still(self) -> list[Path]:
        now_s = self._monotonic()
        seen: dict[str, _Seen] = {}
        still: list[Path] = []
        for path in self._files():
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            known = self._seen.get(path.name)
            if known is None or (known.size, known.changed_ns) != (stat.st_size, stat.st_mtime_ns):
                known = _Seen(stat.st_size, stat.st_mtime_ns, now_s)
            seen[path.name] = known
            if now_s - known.since_s >= STILL_S and len(still) < MOST_AT_ONCE:
                still.append(path)
        self._seen = seen
        return still

    def _files(self) -> Iterator[Path]:
        for path in sorted(self._folder.iterdir()):
            hidden = path.name.startswith(".") or path.name.lower().endswith(UNFINISHED)
            if not hidden and path.is_file() and not path.is_symlink():
                yield path

    def _complain(self, path: Path, error: OSError) -> None:
        """Once a file: it stays where it is, is tried again, and holds up no other."""
        if path.name not in self._complained:
            self._complained.add(path.name)
            log.error("%s cannot be taken (%s): mend it or take it away", path, error)

    def _take(self, path: Path) -> Done:
        found = self._stored(path)
        if found.faults:
            log.warning("%s: %d lines taken, %d refused", path.name, found.taken, len(found.faults))
            target = _free_place(self._folder / REJECTED, path)
            target.with_name(target.name + ".reason").write_text(worded(found), encoding="utf-8")
        else:
            target = _free_place(self._folder / TAKEN / stamp(self._wall())[:8], path)
        path.replace(target)
        return found

    def _stored(self, path: Path) -> Done:
        code = self._names.station(path.name)
        if code is None:
            return Done(path.name, 0, [Fault(0, "name", {"template": self._names.template})])
        with path.open("rb") as file:
            parsed = parse(file.read(LARGEST_BYTES + 1), self._wall())
        with self._database.write() as session:
            return self._in_session(session, path.name, code, parsed)

    def _in_session(self, session: Session, name: str, code: str, parsed: Parsed) -> Done:
        station = repository.by_code(session, code)
        if station is None:
            return Done(name, 0, [Fault(0, "unknown", {"station": code})])
        numbers = {(line.symbol, line.at): number for number, line in parsed.lines}
        differ = repository.store(session, station.id, [line for _, line in parsed.lines], self._wall())
        judge(session, station, self._wall())
        otherwise = [
            Fault(numbers[line.symbol, line.at], "stored_otherwise", {"symbol": line.symbol, "time": stamp(line.at)})
            for line in differ
        ]
        faults = sorted([*parsed.faults, *otherwise], key=lambda fault: fault.line)
        return Done(name, len(parsed.lines) - len(differ), faults)

    def _forget_old(self) -> None:
        """Of what was stored whole, files of the last days are enough: the values are in the database."""
        oldest = datetime.fromtimestamp(self._wall(), VIETNAM) - timedelta(days=KEPT_DAYS)
        for day in (self._folder / TAKEN).glob("2" + "[0-9]" * 7):
            if day.name < oldest.strftime("%Y%m%d"):
                shutil.rmtree(day, ignore_errors=True)


def take_once(database: Database, folder: Path, names: FileName) -> list[Done]:
    """Take all files of a folder that stand still for `STILL_S`, and wait for that."""
    importing = FolderImport(database, folder, names, time.monotonic, time.time)
    done = importing.step()
    time.sleep(STILL_S + 0.1)
    while taken := importing.step():
        done += taken
    return done


def worded(done: Done) -> str:
    """What stands in a .reason: Vietnamese first, then English."""
    return "\n".join(_in_language(done, text(language)) for language in LANGUAGES)


def _in_language(done: Done, t: Text) -> str:
    head = "partly" if done.taken else "wholly"
    rows = [t(f"national_file.{head}", name=done.name, taken=str(done.taken), refused=str(len(done.faults)))]
    for fault in done.faults[:MOST_WORDED]:
        reason = t(f"national_file.{fault.code}", **fault.values)
        following = t(f"national_file.{fault.code}_next")
        row = "row" if fault.line else "file"
        rows.append(t(f"national_file.{row}", line=str(fault.line), reason=reason, next=following))
    if (left := len(done.faults) - MOST_WORDED) > 0:
        rows.append(t("national_file.more", n=left))
    return "\n".join([*rows, t("national_file.again"), ""])


def _free_place(folder: Path, path: Path) -> Path:
    """Where a file goes in a folder; one of the same name that is there already stays."""
    folder.mkdir(parents=True, exist_ok=True)
    target, number = folder / path.name, 1
    while target.exists():
        number += 1
        target = folder / f"{path.stem}.{number}{path.suffix}"
    return target

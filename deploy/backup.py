#!/usr/bin/env python3
"""Copies of the cloud's database and keys, and the drill that shows that they can be brought back.

PONDKEEPER_DATABASE_URL=... deploy/backup.py make FOLDER --data /var/lib/pondkeeper-cloud
PONDKEEPER_DATABASE_URL=... deploy/backup.py drill FOLDER

`make` copies a moment of the running database and counts its rows. `drill` brings the newest copy back beside the running
database, counts again, and takes it away; it ends with 1 when anything is missing. Restoring in earnest: docs/operating.md.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

Counts = dict[str, int]
KEPT = 14


class BackupError(Exception):
    """A copy that cannot be made, found or brought back; says what and why."""


def make(url: str, folder: Path, data: Path, kept: int = KEPT) -> Path:
    """Copy database and data folder; the oldest copies beyond `kept` go. Returns the copy's folder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = Path(tempfile.mkdtemp(prefix="unfinished-", dir=folder))
    try:
        counts = _copy_sqlite(_file(url), copy) if url.startswith("sqlite") else _copy_postgresql(url, copy)
        _copy_data(data, copy)
        (copy / "counts.json").write_text(json.dumps(counts, indent=1))
        finished = copy.rename(folder / f"{datetime.now(UTC):%Y-%m-%dT%H%M%S.%fZ}")
    except BaseException:
        shutil.rmtree(copy)
        raise
    for old in copies(folder)[:-kept]:
        shutil.rmtree(old)
    return finished


def copies(folder: Path) -> list[Path]:
    """The finished copies, oldest first."""
    return sorted(path.parent for path in folder.glob("[0-9]*/counts.json"))


def drill(url: str, folder: Path) -> Counts:
    """Bring the newest copy back elsewhere and count; BackupError when it is not what was copied."""
    if not (found := copies(folder)):
        raise BackupError(f"{folder} holds no copy: make one first")
    expected = json.loads((found[-1] / "counts.json").read_text())
    counts = _restored_sqlite(found[-1]) if url.startswith("sqlite") else _restored_postgresql(url, found[-1])
    if counts != expected:
        raise BackupError(f"{found[-1]}: brought back {counts}, copied {expected}")
    return counts


def _copy_data(data: Path, copy: Path) -> None:
    """Keys, passwords and settings: all that lies beside the database."""
    with tarfile.open(copy / "data.tar", "w") as archive:
        for path in sorted(data.iterdir()):
            if not path.name.startswith("cloud.sqlite"):
                archive.add(path, path.name)


def _file(url: str) -> Path:
    return Path(make_url(url).database or "")


def _copy_sqlite(file: Path, copy: Path) -> Counts:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy / "cloud.sqlite"),))
    return _restored_sqlite(copy)


def _restored_sqlite(copy: Path) -> Counts:
    with closing(sqlite3.connect(f"file:{copy / 'cloud.sqlite'}?mode=ro", uri=True)) as connection:
        if (found := connection.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
            raise BackupError(f"{copy}: {found}")
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in sorted(names)}


def _copy_postgresql(url: str, copy: Path) -> Counts:
    with _connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = _one(connection, "SELECT pg_export_snapshot()")
        _run(url, "pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={copy / 'cloud.dump'}")
        return _count(connection)


def _restored_postgresql(url: str, copy: Path) -> Counts:
    scratch = f"drill_{os.getpid()}"
    with _connect(url) as connection:
        connection.autocommit = True
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(scratch)))
        try:
            _run(url, "pg_restore", "--no-owner", "--exit-on-error", str(copy / "cloud.dump"), database=scratch)
            with _connect(url, database=scratch) as restored:
                return _count(restored)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(scratch)))


def _count(connection: psycopg.Connection[Any]) -> Counts:
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    query = sql.SQL("SELECT count(*) FROM {}")
    return {name: _one(connection, query.format(sql.Identifier(name))) for (name,) in names}


def _one(connection: psycopg.Connection[Any], query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _parameters(url: str, database: str = "") -> dict[str, str]:
    parsed = make_url(url)
    _, found = parsed.get_dialect()().create_connect_args(parsed)
    return {name: str(value) for name, value in {**found, **({"dbname": database} if database else {})}.items()}


@contextmanager
def _connect(url: str, database: str = "") -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**_parameters(url, database)) as connection:  # type: ignore[arg-type]
        yield connection


def _run(url: str, program: str, *words: str, database: str = "") -> None:
    """A program of PostgreSQL; the password is not among its words, where everybody could read it."""
    parameters = _parameters(url, database)
    environment = {**os.environ, "PGPASSWORD": parameters.pop("password", "")}
    where = psycopg.conninfo.make_conninfo(**parameters)
    done = subprocess.run([program, f"--dbname={where}", *words], env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BackupError(f"{program}: {done.stderr.strip()}")


def main() -> None:
    """What the words of the command line ask for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("do", choices=["make", "drill"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path("/var/lib/pondkeeper-cloud"))
    parser.add_argument("--keep", type=int, default=KEPT, help="how many copies stay")
    asked = parser.parse_args()
    url = os.environ.get("PONDKEEPER_DATABASE_URL", f"sqlite:///{asked.data.resolve() / 'cloud.sqlite'}")
    try:
        if asked.do == "make":
            print(make(url, asked.folder, asked.data, asked.keep))
        else:
            counts = drill(url, asked.folder)
            print(f"{sum(counts.values())} rows in {len(counts)} tables came back")
    except (BackupError, OSError, sqlite3.Error, psycopg.Error) as error:
        sys.exit(f"{sys.argv[0]}: {error}")


if __name__ == "__main__":
    main()

"""Where exported files go: a folder, or an FTP server, over TLS where it is asked for."""

import ftplib
import io
import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 20.0
UNFINISHED = ".part"


class TargetDown(Exception):
    """A target that does not take files now; the text says which and why."""


class Put(Protocol):
    """Hands over one file, whole or not at all; a second time replaces it."""

    def __call__(self, name: str, data: bytes) -> None: ...


class Target(Protocol):
    """A place for files; `open` raises TargetDown, and so does what it gives."""

    def open(self) -> "Opened": ...


class Opened(Protocol):
    """One connection."""

    def __enter__(self) -> Put: ...
    def __exit__(self, *_: object) -> bool | None: ...


@dataclass(frozen=True)
class FolderTarget:
    """A folder of this machine, or one that is mounted."""

    folder: Path

    @contextmanager
    def open(self) -> Iterator[Put]:
        """Files appear under their names only when they are whole."""
        try:
            if not self.folder.is_dir():
                raise TargetDown(f"{self.folder} is no folder: make it or mount it")
            yield self._put
        except OSError as error:
            raise TargetDown(f"{self.folder}: {error}") from error

    def _put(self, name: str, data: bytes) -> None:
        write_whole(self.folder / name, data)


@dataclass(frozen=True)
class FtpTarget:
    """ftp:// or ftps:// (explicit TLS, the server's certificate checked against the system's or `ca_file`)."""

    url: str
    password: str
    ca_file: Path | None = None

    @contextmanager
    def open(self) -> Iterator[Put]:
        """Files are sent under another name and renamed when they are whole."""
        try:
            with self._connected() as server:
                yield lambda name, data: _send(server, name, data)
        except ftplib.all_errors as error:
            raise TargetDown(f"{self._place}: {error or type(error).__name__}") from error

    @property
    def _place(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or ftplib.FTP_PORT}{parts.path}"

    def _connected(self) -> ftplib.FTP:
        parts = urlsplit(self.url)
        server = self._client(parts.scheme)
        try:
            server.connect(parts.hostname or "", parts.port or ftplib.FTP_PORT)
            server.login(unquote(parts.username or "anonymous"), self.password)
            if isinstance(server, ftplib.FTP_TLS):
                server.prot_p()
            if folder := unquote(parts.path.strip("/")):
                server.cwd(folder)
        except BaseException:
            server.close()
            raise
        return server

    def _client(self, scheme: str) -> ftplib.FTP:
        if scheme == "ftp":
            return ftplib.FTP(timeout=TIMEOUT_S)
        return ftplib.FTP_TLS(context=ssl.create_default_context(cafile=self.ca_file), timeout=TIMEOUT_S)


def target_of(target: str, password_file: Path | None, ca_file: Path | None) -> FolderTarget | FtpTarget:
    """The target of a setting; OSError for a password that cannot be read."""
    if urlsplit(target).scheme not in ("ftp", "ftps"):
        return FolderTarget(Path(target))
    password = password_file.read_text(encoding="utf-8").strip() if password_file else ""
    return FtpTarget(target, password, ca_file)


def write_whole(path: Path, data: bytes) -> None:
    """A file that is there whole or not at all, also after a power cut."""
    new = path.with_name(f".{path.name}{UNFINISHED}")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _send(server: ftplib.FTP, name: str, data: bytes) -> None:
    server.storbinary(f"STOR {name}{UNFINISHED}", io.BytesIO(data))
    try:
        server.rename(name + UNFINISHED, name)
    except ftplib.error_perm:
        server.delete(name)
        server.rename(name + UNFINISHED, name)

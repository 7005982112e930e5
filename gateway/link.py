"""The wire between the control process and the web process: JSON lines on a Unix socket.

Control sends a snapshot every second and answers orders; a reader that does not keep up is dropped, never waited for.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

MOST_BUFFERED_BYTES = 1_000_000
LONGEST_LINE_BYTES = 4_000_000
RETRY_S = 5.0

Order = Callable[[dict[str, Any]], dict[str, Any]]


class LinkServer:
    """Control's end. `on_order` gets each order and returns its answer; it must not wait for anything."""

    def __init__(self, path: Path, on_order: Order) -> None:
        self._path = path
        self._on_order = on_order
        self._writers: set[asyncio.StreamWriter] = set()
        self._latest: bytes | None = None
        self._server: asyncio.Server | None = None

    async def run(self) -> None:
        """Listen until cancelled; a disk that has no place for the socket is tried again and again."""
        while self._server is None:
            try:
                await self.start()
            except OSError as error:
                log.error("%s: no other process can reach control (%s); trying again", self._path, error)
                await asyncio.sleep(RETRY_S)
        await asyncio.Event().wait()

    async def start(self) -> None:
        """Listen; only this user may connect. OSError when the disk refuses."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, str(self._path), limit=LONGEST_LINE_BYTES)
        self._path.chmod(0o600)

    async def stop(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def publish(self, snapshot: dict[str, Any]) -> None:
        """Send to every listener; never waits."""
        self._latest = _line({"snapshot": snapshot})
        for writer in list(self._writers):
            if writer.transport.get_write_buffer_size() > MOST_BUFFERED_BYTES:
                self._writers.discard(writer)
                writer.transport.abort()
            else:
                writer.write(self._latest)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        if self._latest:
            writer.write(self._latest)
        try:
            while line := await reader.readline():
                order = json.loads(line)
                writer.write(_line({"answer": self._on_order(order["order"]), "id": order["id"]}))
        except (ValueError, KeyError, TypeError, ConnectionError) as error:
            log.warning("web link: order not understood: %r", error)
        finally:
            self._writers.discard(writer)
            writer.close()


class LinkClient:
    """The web's end: the newest snapshot, and orders with their answers."""

    def __init__(self, path: Path) -> None:
        self.snapshot: dict[str, Any] | None = None
        self.received_s = float("-inf")
        self._path = path
        self._changed = asyncio.Condition()
        self._writer: asyncio.StreamWriter | None = None
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._next = 0

    def age_s(self) -> float:
        """Seconds since control spoke."""
        return asyncio.get_running_loop().time() - self.received_s

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            with contextlib.suppress(OSError, ValueError):
                await self._listen()
            await asyncio.sleep(0.5)

    async def order(self, order: dict[str, Any], timeout_s: float = 3.0) -> dict[str, Any]:
        """Ask control to do something; ConnectionError when it is not there, TimeoutError when it does not answer."""
        if self._writer is None:
            raise ConnectionError("the control process is not running")
        self._next += 1
        number = self._next
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = future
        try:
            self._writer.write(_line({"order": order, "id": number}))
            return await asyncio.wait_for(future, timeout_s)
        finally:
            del self._answers[number]

    async def snapshots(self) -> AsyncIterator[dict[str, Any]]:
        """Each new snapshot; skips those that came while the caller was busy."""
        seen: dict[str, Any] | None = None
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self.snapshot is not None and self.snapshot is not seen)  # noqa: B023
                seen = self.snapshot
            assert seen is not None
            yield seen

    async def _listen(self) -> None:
        reader, writer = await asyncio.open_unix_connection(str(self._path), limit=LONGEST_LINE_BYTES)
        self._writer = writer
        try:
            while line := await reader.readline():
                await self._take(json.loads(line))
        finally:
            self._writer = None
            writer.close()

    async def _take(self, message: dict[str, Any]) -> None:
        if "snapshot" in message:
            async with self._changed:
                self.snapshot = message["snapshot"]
                self.received_s = asyncio.get_running_loop().time()
                self._changed.notify_all()
        elif (future := self._answers.get(message["id"])) is not None and not future.done():
            future.set_result(message["answer"])


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

"""A TCP link that is slow: every byte arrives later, none is lost, and what is under way does not wait for the rest."""

import asyncio
import contextlib
import socket
from types import TracebackType
from typing import Self


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class DelayProxy:
    """Listens on `port` and brings everything to `behind`, `delay_s` later each way."""

    def __init__(self, delay_s: float) -> None:
        self.port, self.behind = free_port(), free_port()
        self._delay_s = delay_s

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, onward = await asyncio.open_connection("127.0.0.1", self.behind)
        except OSError:
            writer.close()
            return
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(self._bring(reader, onward), self._bring(there, writer))

    async def _bring(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                loop.call_later(self._delay_s, target.write, data)
        loop.call_later(self._delay_s, target.close)

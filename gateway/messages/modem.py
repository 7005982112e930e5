"""The modem of a farm: gets it ready, watches it, sends SMS, calls, and hands on what comes in.

Numbers after +CMS ERROR: 3GPP TS 27.005, 3.2.5.
"""

import asyncio
import contextlib
import itertools
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.messages.at import AtError, AtPort, PortLost
from gateway.messages.call import Call, CallEnd, Lines, Patience
from gateway.messages.card import NotReady, is_registered, unlock
from gateway.messages.pdu import BadPdu, parts, read_deliver
from gateway.messages.settings import ModemSettings
from gateway.messages.states import States

log = logging.getLogger(__name__)

# A call of this process's last life is hung up; old messages are deleted, for they answer no alarm of now.
SETUP = ("AT+CHUP", "AT+CMGF=0", "AT+CMGD=1,4", "AT+CNMI=2,1,0,0,0", "AT+CLCC=1", "AT+DDET=1")
OF_SMS = {310: "sim_missing", 313: "sim_failed", 316: "sim_puk", 331: "no_network", 332: "no_network"}
# Barred, rejected, not subscribed: what a network says without credit.
REFUSED_SMS = frozenset((8, 10, 21, 29, 30, 50, 69))
NEW_SMS = re.compile(r'\+CMTI: "\w+", ?(\d{1,5})')

OnSms = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True)
class Waits:
    """Seconds: how long it is waited for, and between looks."""

    open_s: float = 3.0
    wake_s: float = 20.0
    look_s: float = 20.0
    ready_s: float = 30.0
    send_s: float = 60.0


class Modem:
    """Opens by itself, and again when it was unplugged; made within the event loop, it does nothing until `run`."""

    def __init__(
        self,
        settings: ModemSettings,
        states: States,
        on_sms: OnSms,
        waits: Waits | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.settings = settings
        self._states = states
        self._on_sms = on_sms
        self._waits = waits or Waits()
        self._patience = patience or Patience()
        self._port: AtPort | None = None
        self._problem = "modem_unplugged"
        self._not_ready_since_s = asyncio.get_running_loop().time()
        self._refused = False
        self._ready = asyncio.Event()
        self._turn = asyncio.Lock()
        self._references = itertools.count()
        self._inbox: asyncio.Queue[str] = asyncio.Queue()
        self._call_lines: Lines | None = None

    async def run(self) -> None:
        """Keep it ready until cancelled."""
        while True:
            try:
                await self._session()
            except PortLost as error:
                self._fails("modem_unplugged" if error.unplugged else "modem_silent", str(error))
            except AtError as error:
                self._fails("modem_silent", str(error))
            except NotReady as error:
                self._fails(str(error))
            await asyncio.sleep(self._waits.open_s)

    async def send_sms(self, number: str, text: str) -> int:
        """Give a text to the network, which has taken it when this returns the number of its parts.

        Raises NotReady, AtError when the network refuses, PortLost when the modem goes away meanwhile.
        """
        pieces = parts(number, text, next(self._references))
        async with self._when_ready() as port:
            for piece in pieces:
                try:
                    await port.ask(f"AT+CMGS={piece.octets}", self._waits.send_s, piece.text)
                except AtError as error:
                    self._was_refused(error.code in REFUSED_SMS, str(error))
                    if error.code in OF_SMS:
                        raise NotReady(OF_SMS[error.code]) from error
                    raise
            self._was_refused(False)
        return len(pieces)

    async def call(self, number: str, samples: bytes) -> CallEnd:
        """Call and read `samples` (see voice.py) out until the key comes; raises NotReady, AtError or PortLost."""
        async with self._when_ready() as port:
            self._call_lines = Lines()
            try:
                call = Call(port, self._call_lines, self._patience)
                end = await call.place(number, samples, self.settings.audio)
            finally:
                self._call_lines = None
            if call.silent:
                self._states.set("speech", "audio_missing", call.silent)
            if end.result != "refused" or end.barred:
                self._was_refused(end.barred, end.detail)
            return end

    @contextlib.asynccontextmanager
    async def _when_ready(self) -> AsyncIterator[AtPort]:
        """The port for this sender alone; one that has not been ready for long is not waited for."""
        try:
            async with asyncio.timeout_at(self._not_ready_since_s + self._waits.ready_s):
                await self._ready.wait()
        except TimeoutError:
            raise NotReady(self._problem) from None
        async with self._turn:
            if self._port is None or not self._ready.is_set():
                raise NotReady(self._problem)
            yield self._port

    async def _session(self) -> None:
        port = AtPort(self.settings.port, self._heard)
        port.open()
        reading = asyncio.create_task(self._read_inbox(port))
        try:
            await port.ask("AT", self._waits.wake_s)
            await port.ask("ATE0")
            await port.ask("AT+CMEE=1")
            await unlock(port, self.settings.pin, self._waits.open_s)
            await self._watch(port, reading)
        finally:
            self._port = None
            port.close()
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _watch(self, port: AtPort, reading: "asyncio.Task[None]") -> None:
        while True:
            async with self._turn:
                if not await is_registered(port):
                    self._fails("no_network")
                else:
                    if self._port is None:
                        await self._set_up(port)
                    self._works()
            ends: list[asyncio.Future[Any]] = [port.lost, reading]
            await asyncio.wait(ends, timeout=self._waits.look_s, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            if port.lost.done():
                raise port.lost.result()

    async def _set_up(self, port: AtPort) -> None:
        for command in SETUP:
            with contextlib.suppress(AtError):  # a relative of the SIM7600 may lack one; sending shows whether it works
                await port.ask(command)
        self._port = port

    def _works(self) -> None:
        self._problem = ""
        self._ready.set()
        self._states.set("modem", "no_credit" if self._refused else "")

    def _fails(self, problem: str, detail: str = "") -> None:
        """A network that is away for a moment, or not found yet, is not told of."""
        now_s = asyncio.get_running_loop().time()
        if self._ready.is_set():
            self._ready.clear()
            self._not_ready_since_s = now_s
        if problem != self._problem:
            log.warning("modem: %s %s", problem, detail)
        self._problem = problem
        if problem != "no_network" or now_s - self._not_ready_since_s >= self._waits.ready_s:
            self._states.set("modem", problem, detail)

    def _was_refused(self, refused: bool, detail: str = "") -> None:
        self._refused = refused
        self._states.set("modem", "no_credit" if refused else self._problem, detail)

    def _heard(self, line: str) -> None:
        if new := NEW_SMS.fullmatch(line):
            self._inbox.put_nowait(new[1])
        elif self._call_lines is not None:
            self._call_lines.put_nowait(line)

    async def _read_inbox(self, port: AtPort) -> None:
        while True:
            place = await self._inbox.get()
            with contextlib.suppress(AtError):
                async with self._turn:
                    lines = await port.ask(f"AT+CMGR={place}")
                    await port.ask(f"AT+CMGD={place}")
                await self._came_in(lines[-1] if lines else "")

    async def _came_in(self, pdu: str) -> None:
        try:
            sender, words = read_deliver(pdu)
        except BadPdu as error:
            log.warning("modem: %s", error)
            return
        await self._on_sms(sender, words)

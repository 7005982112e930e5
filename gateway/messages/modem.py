"""The modem of a farm: gets it ready, watches it, sends SMS, calls, and hands on what comes in.

Numbers after +CME ERROR and +CMS ERROR: 3GPP TS 27.007, 9.2 and TS 27.005, 3.2.5; AT+SPIC, tries left for PIN, PUK, PIN2 and
PUK2: SIM7500/SIM7600 AT Command Manual, 4.6.
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
from gateway.messages.call import Call, CallEnd, Patience
from gateway.messages.pdu import BadPdu, parts, read_deliver
from gateway.messages.settings import ModemSettings
from gateway.messages.states import States

log = logging.getLogger(__name__)

ALL_TRIES = 3
SETUP = ("AT+CMEE=1", "AT+CHUP", "AT+CMGF=0", "AT+CNMI=2,1,0,0,0", "AT+CLCC=1", "AT+DDET=1", "AT+CMGD=1,4")
OF_CARD = {10: "sim_missing", 12: "sim_puk", 13: "sim_failed", 15: "sim_failed"}
OF_SMS = {310: "sim_missing", 313: "sim_failed", 316: "sim_puk", 331: "no_network", 332: "no_network"}
# Barred, rejected, not subscribed: what a network says without credit.
REFUSED_SMS = frozenset((8, 10, 21, 29, 30, 50, 69))
NEW_SMS = re.compile(r'\+CMTI: "\w+", ?(\d{1,5})')
REGISTERED = ("1", "5")

OnSms = Callable[[str, str], Awaitable[None]]


class NotReady(Exception):
    """The modem cannot send now; the text is a key of the `channel.problem` texts."""


@dataclass(frozen=True)
class Waits:
    """Seconds: how long it is waited for, and between looks."""

    open_s: float = 3.0
    wake_s: float = 20.0
    look_s: float = 20.0
    ready_s: float = 30.0
    send_s: float = 60.0


class Modem:
    """Opens by itself, and again when it was unplugged. Making one does no I/O; `run` keeps it ready."""

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
        self._refused = False
        self._ready = asyncio.Event()
        self._turn = asyncio.Lock()
        self._references = itertools.count()
        self._inbox: asyncio.Queue[str] = asyncio.Queue()
        self._call_lines: asyncio.Queue[str] | None = None

    async def run(self) -> None:
        """Keep it ready until cancelled."""
        while True:
            try:
                await self._session()
            except PortLost as error:
                known = self._problem if self._problem.startswith(("sim", "pin")) else ""
                unplugged = "opened" in str(error) or "gone" in str(error)
                self._stands("modem_unplugged" if unplugged else known or "modem_silent", str(error))
            except NotReady as error:
                self._stands(str(error))
            except AtError as error:
                self._stands("modem_silent", str(error))
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
            lines: asyncio.Queue[str] = asyncio.Queue()
            self._call_lines = lines
            try:
                call = Call(port, lines, self._patience)
                end = await call.place(number, samples, self.settings.audio)
            finally:
                self._call_lines = None
            if call.silent:
                self._states.set("speech", "audio_missing", call.silent)
            if end.result != "refused" or end.barred:
                self._was_refused(end.barred, end.detail)
            return end

    async def _session(self) -> None:
        port = AtPort(self.settings.port, self._heard)
        port.open()
        reading: asyncio.Task[None] | None = None
        try:
            await self._prepare(port)
            self._port = port
            reading = asyncio.create_task(self._read_inbox(port))
            while True:
                async with self._turn:
                    await self._look(port)
                ends: list[asyncio.Future[Any]] = [port.lost, reading]
                await asyncio.wait(ends, timeout=self._waits.look_s, return_when=asyncio.FIRST_COMPLETED)
                if reading.done():
                    reading.result()
                if port.lost.done():
                    raise PortLost(port.lost.result())
        finally:
            self._port = None
            self._ready.clear()
            port.close()
            if reading is not None:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)

    async def _prepare(self, port: AtPort) -> None:
        await port.ask("AT", self._waits.wake_s)
        await port.ask("ATE0")
        await port.ask(SETUP[0])
        await self._unlock(port)
        for command in SETUP[1:]:
            with contextlib.suppress(AtError):  # a relative of the SIM7600 may lack one; sending shows whether it works
                await port.ask(command)

    async def _unlock(self, port: AtPort) -> None:
        try:
            state = _value(await port.ask("AT+CPIN?"), "+CPIN:")
        except AtError as error:
            raise NotReady(OF_CARD.get(error.code, "sim_failed")) from error
        if state == "READY":
            return
        if state != "SIM PIN":
            raise NotReady("sim_puk")
        if self.settings.pin is None:
            raise NotReady("sim_pin")
        if await self._tries(port) < ALL_TRIES:
            raise NotReady("pin_wrong")
        try:
            await port.ask(f'AT+CPIN="{self.settings.pin}"', 10.0)
        except AtError as error:
            raise NotReady("pin_wrong") from error

    async def _tries(self, port: AtPort) -> int:
        """How often a PIN may still be tried; 0 when the card does not tell, for a third wrong one locks it."""
        try:
            left = _value(await port.ask("AT+SPIC"), "+SPIC:").split(",")[0]
        except AtError:
            return 0
        return int(left) if left.isdigit() else 0

    async def _look(self, port: AtPort) -> None:
        registered = await self._is_registered(port)
        self._stands("" if registered else "no_network")

    async def _is_registered(self, port: AtPort) -> bool:
        for question in ("CREG", "CEREG"):
            with contextlib.suppress(AtError):
                state = _value(await port.ask(f"AT+{question}?"), f"+{question}:").split(",")
                if state[1:2] and state[1] in REGISTERED:
                    return True
        return False

    @contextlib.asynccontextmanager
    async def _when_ready(self) -> AsyncIterator[AtPort]:
        """The port for this sender alone, once the network is there."""
        if self._problem.startswith(("sim", "pin")):
            raise NotReady(self._problem)
        try:
            async with asyncio.timeout(self._waits.ready_s):
                await self._ready.wait()
        except TimeoutError:
            raise NotReady(self._problem) from None
        async with self._turn:
            if self._port is None:
                raise NotReady(self._problem)
            yield self._port

    def _stands(self, problem: str, detail: str = "") -> None:
        if problem and problem != self._problem:
            log.warning("modem: %s %s", problem, detail)
        self._problem = problem
        if problem:
            self._ready.clear()
        else:
            self._ready.set()
        self._states.set("modem", problem or ("no_credit" if self._refused else ""), detail)

    def _was_refused(self, refused: bool, detail: str = "") -> None:
        self._refused = refused
        self._states.set("modem", "no_credit" if refused else self._problem, detail)

    def _heard(self, line: str) -> None:
        if line.startswith("+CMTI:"):
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


def _value(lines: list[str], name: str) -> str:
    """What stands behind this name in an answer."""
    return next((line.removeprefix(name).strip() for line in lines if line.startswith(name)), "")

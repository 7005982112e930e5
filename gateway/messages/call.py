"""One voice call: ring, speak, listen for the key, hang up.

SIM7600: ATD…; is answered OK at once; then come +CLCC lines (AT+CLCC=1; third number 2 dialling, 3 ringing, 0 connected),
VOICE CALL: BEGIN, VOICE CALL: END, NO CARRIER, BUSY, NO ANSWER, and +RXDTMF for each key (AT+DDET=1). Some networks say
BEGIN while it still rings: only the key proves that somebody listens.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Literal

from gateway.messages.at import CALL_OVER, AtError, AtPort, PortLost
from gateway.messages.voice import Voice

KEY = "1"
BARRED = ("barr", "not subscribed", "facility", "rejected", "forbidden", "not allowed")

Lines = asyncio.Queue[str]


@dataclass(frozen=True)
class Patience:
    """How long a call may take, in seconds; `pause_s` between two readings of the message."""

    ring_s: float = 35.0
    call_s: float = 60.0
    answer_s: float = 10.0
    pause_s: float = 1.5
    speech_speed: float = 1.0


@dataclass(frozen=True)
class CallEnd:
    """How a call went; `refused` when the network did not even let it ring, `barred` when it says why."""

    result: Literal["acknowledged", "answered", "no_answer", "refused"]
    detail: str = ""
    barred: bool = False


class Call:
    """One call; `lines` is what the modem says unasked while it lasts."""

    def __init__(self, port: AtPort, lines: Lines, patience: Patience) -> None:
        self._port = port
        self._lines = lines
        self._patience = patience
        self._rang = False
        self.silent = ""  # why nothing was said into it

    async def place(self, number: str, samples: bytes, audio: str | None) -> CallEnd:
        """Call a number and read the message again and again until the key comes; raises PortLost or AtError."""
        try:
            await self._port.ask(f"ATD{number};", self._patience.answer_s)
        except AtError as error:
            return await self._not_connected(error.answer)
        try:
            async with asyncio.timeout(self._patience.call_s):
                return await self._talk(samples, audio)
        except TimeoutError:
            return CallEnd("answered", "nobody pressed the key")
        finally:
            with contextlib.suppress(AtError, PortLost):
                await self._port.ask("AT+CHUP")

    async def _talk(self, samples: bytes, audio: str | None) -> CallEnd:
        try:
            async with asyncio.timeout(self._patience.ring_s):
                over = await self._answered()
        except TimeoutError:
            return CallEnd("no_answer", f"rang {self._patience.ring_s:.0f} s")
        if over:
            return await self._not_connected(over)
        talking = asyncio.create_task(self._speak(samples, audio))
        try:
            return await self._pressed()
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)

    async def _answered(self) -> str:
        """Empty when it is connected, else the word it ended with."""
        while True:
            line = await self._line()
            if line.startswith("VOICE CALL: BEGIN"):
                return ""
            if line in CALL_OVER or line.startswith("VOICE CALL: END"):
                return line
            if line.startswith("+CLCC:") and line.split(",")[2:3] == ["3"]:
                self._rang = True

    async def _pressed(self) -> CallEnd:
        while True:
            line = await self._line()
            if line in CALL_OVER or line.startswith("VOICE CALL: END"):
                return CallEnd("answered", "hung up without the key")
            if line.removeprefix("+RXDTMF:").strip() == KEY and line.startswith("+RXDTMF:"):
                return CallEnd("acknowledged", f"pressed {KEY}")

    async def _line(self) -> str:
        getting = asyncio.ensure_future(self._lines.get())
        try:
            ends: list[asyncio.Future[Any]] = [getting, self._port.lost]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                raise self._port.lost.result()
            return getting.result()
        finally:
            getting.cancel()

    async def _speak(self, samples: bytes, audio: str | None) -> None:
        if not samples or audio is None:
            return
        try:
            await self._speak_into(samples, audio)
        except (OSError, AtError) as error:
            self.silent = str(error)

    async def _speak_into(self, samples: bytes, audio: str) -> None:
        await self._port.ask("AT+CPCMREG=1")
        try:
            with Voice(audio, self._patience.speech_speed) as voice:
                while True:
                    await voice.say(samples)
                    await asyncio.sleep(self._patience.pause_s)
        finally:
            await self._port.ask("AT+CPCMREG=0,1")

    async def _not_connected(self, word: str) -> CallEnd:
        if word == "BUSY":
            return CallEnd("no_answer", "busy")
        if self._rang or word == "NO ANSWER":
            return CallEnd("no_answer", "rang, nobody answered")
        reason = await self._reason()
        barred = any(sign in reason.lower() for sign in BARRED)
        return CallEnd("refused", f"{word}, {reason}" if reason else word, barred)

    async def _reason(self) -> str:
        """Why the last call ended, in the network's words."""
        with contextlib.suppress(AtError):
            return " ".join(await self._port.ask("AT+CEER")).removeprefix("+CEER:").strip()
        return ""

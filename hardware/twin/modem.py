"""A simulated SIM7600 on pseudo-terminals: its AT port with echo, answers and unasked lines, and its audio port.

The answers follow the SIM7500/SIM7600 Series AT Command Manual; numbers after +CMS ERROR are those of 3GPP TS 27.005, 3.2.5.
The network, the card and the person called are in the hands of the test.
"""

import contextlib
import heapq
import itertools
import re
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from hardware.twin.background import Background
from hardware.twin.sms import make_deliver, read_submit
from hardware.twin.terminals import Terminal

Person = Literal["answers", "silent", "busy", "declines"]

END_OF_PDU = b"\x1a"
NAME = re.compile(r"(AT(\+\w+|E|D)?)?")


@dataclass
class Habits:
    """How card, network and the person called behave; times in seconds."""

    answer_s: float = 0.005
    send_s: float = 0.02
    ring_s: float = 0.05
    person: Person = "answers"
    credit: bool = True
    network: bool = True
    card: bool = True
    silent: bool = False
    pin: str | None = None
    pin_tries: int = 3
    busy_errors: int = 0  # so many messages are refused by a crowded network first


@dataclass
class Message:
    """An SMS that has arrived whole."""

    number: str
    text: str
    parts: int
    at_s: float


@dataclass
class Placed:
    """A call that was placed: `heard` are the samples that came out of the phone."""

    number: str
    at_s: float
    connected: bool = False
    over: bool = False
    heard: bytearray = field(default_factory=bytearray)


class SimulatedModem:
    """A thread of its own between `with`; what it has carried stands in `messages` and `calls`."""

    def __init__(self, port: Path, audio: Path, habits: Habits | None = None) -> None:
        self.port = port
        self.audio = audio
        self.habits = habits or Habits()
        self.messages: list[Message] = []
        self.calls: list[Placed] = []
        self.commands: list[str] = []
        self._lock = threading.RLock()
        self._terminals: tuple[Terminal, Terminal] | None = None
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._pieces: dict[tuple[str, int], dict[int, str]] = {}
        self._stored: dict[int, str] = {}
        self._unlocked = False
        self._boot()

    def __enter__(self) -> "SimulatedModem":
        self.plug()
        self._work = Background(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._work.end()
        self.unplug()

    def plug(self) -> None:
        """Power and USB: it boots."""
        with self._lock:
            self._boot()
            self._unlocked = self.habits.pin is None
            self._terminals = Terminal(self.port), Terminal(self.audio)

    def unplug(self) -> None:
        """Its ports are gone at once."""
        with self._lock:
            self._later.clear()
            for terminal in self._terminals or ():
                terminal.close()
            self._terminals = None
            if self._call:
                self._call.over = True

    def noise(self, data: bytes) -> None:
        """Bytes on the AT port that nobody asked for."""
        with self._lock:
            if self._terminals is not None:
                self._terminals[0].write(data)

    def press(self, key: str) -> None:
        """The person called presses a key."""
        with self._lock:
            self._say(f"+RXDTMF: {key}")

    def hang_up(self) -> None:
        """The person called hangs up."""
        with self._lock:
            self._end("NO CARRIER")

    def receive(self, number: str, text: str) -> None:
        """A message from a phone."""
        with self._lock:
            place = next(place for place in itertools.count() if place not in self._stored)
            pdu, octets = make_deliver(number, text)
            self._stored[place] = f"+CMGR: 0,,{octets}\r\n{pdu}"
            self._say(f'+CMTI: "SM",{place}')

    @property
    def _call(self) -> Placed | None:
        return self.calls[-1] if self.calls and not self.calls[-1].over else None

    def _boot(self) -> None:
        self._echo = True
        self._buffer = b""
        self._awaited = 0
        self._sound = False

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            with self._lock:
                terminals = self._terminals
            if terminals is None:
                time.sleep(0.005)
                continue
            select.select([terminal.master for terminal in terminals], [], [], 0.005)
            with self._lock:
                if self._terminals is terminals:
                    self._live(*terminals)

    def _live(self, port: Terminal, audio: Terminal) -> None:
        while self._later and self._later[0][0] <= time.monotonic():
            heapq.heappop(self._later)[2]()
        heard = audio.read()
        if self._call and self._call.connected and self._sound:
            self._call.heard += heard
        self._buffer += port.read()
        if self.habits.silent:
            self._buffer = b""
        while self._awaited or b"\r" in self._buffer:
            if self._awaited:
                if END_OF_PDU not in self._buffer:
                    return
                pdu, _, self._buffer = self._buffer.partition(END_OF_PDU)
                self._submit(pdu.decode("ascii", "replace").strip())
            else:
                line, _, self._buffer = self._buffer.partition(b"\r")
                self._command(line.decode("ascii", "replace").strip())

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._order), work))

    def _say(self, line: str) -> None:
        if self._terminals is not None and not self.habits.silent:
            self._terminals[0].write(f"\r\n{line}\r\n".encode())

    def _answer(self, *lines: str) -> None:
        def say() -> None:
            for line in lines:
                self._say(line)

        self._after(self.habits.answer_s, say)

    def _command(self, line: str) -> None:
        if self._echo and self._terminals is not None:
            self._terminals[0].write(line.encode() + b"\r")
        if not line:
            return
        self.commands.append(line)
        name = NAME.match(line)[0]  # type: ignore[index]
        answer = getattr(self, "_on_" + name.removeprefix("AT").removeprefix("+").lower(), None)
        if name in PLAIN:
            self._answer("OK")
        elif answer is None:
            self._answer("ERROR")
        else:
            answer(line.removeprefix(name).removeprefix("="))

    def _on_e(self, value: str) -> None:
        self._echo = value == "1"
        self._answer("OK")

    def _on_cpin(self, value: str) -> None:
        habits = self.habits
        if not habits.card:
            self._answer("+CME ERROR: 10")
        elif value == "?":
            state = "READY" if self._unlocked else "SIM PIN" if habits.pin_tries else "SIM PUK"
            self._answer(f"+CPIN: {state}", "OK")
        elif value.strip('"') == habits.pin:
            self._unlocked, habits.pin_tries = True, 3
            self._answer("OK")
        else:
            habits.pin_tries -= 1
            self._answer("+CME ERROR: 16")

    def _on_spic(self, _: str) -> None:
        self._answer(f"+SPIC: {self.habits.pin_tries},10,0,10", "OK")

    def _on_creg(self, _: str) -> None:
        self._answer(f"+CREG: 0,{1 if self.habits.network and self._unlocked else 2}", "OK")

    def _on_csq(self, _: str) -> None:
        self._answer(f"+CSQ: {21 if self.habits.network else 99},99", "OK")

    def _on_cmgs(self, value: str) -> None:
        self._awaited = int(value)
        if self._terminals is not None:
            self._terminals[0].write(b"\r\n> ")

    def _submit(self, pdu: str) -> None:
        octets, self._awaited = self._awaited, 0
        habits = self.habits
        if self._echo and self._terminals is not None:
            self._terminals[0].write(pdu.encode() + b"\r\n")
        try:
            part = read_submit(pdu, octets)
        except (ValueError, IndexError):
            return self._answer("+CMS ERROR: 304")
        if not self._unlocked or not habits.card:
            return self._answer("+CMS ERROR: 310" if not habits.card else "+CMS ERROR: 311")
        if not habits.network:
            return self._answer("+CMS ERROR: 331")
        if not habits.credit:
            return self._answer("+CMS ERROR: 21")
        if habits.busy_errors:
            habits.busy_errors -= 1
            return self._answer("+CMS ERROR: 42")
        pieces = self._pieces.setdefault((part.number, part.reference), {})
        pieces[part.at] = part.text
        if len(pieces) == part.of:
            text = "".join(pieces[at] for at in sorted(pieces))
            self.messages.append(Message(part.number, text, part.of, time.monotonic()))
            del self._pieces[part.number, part.reference]
        return self._after(habits.send_s, lambda: self._answer("+CMGS: 7", "OK"))

    def _on_cmgr(self, value: str) -> None:
        stored = self._stored.get(int(value))
        self._answer(*([stored] if stored else []), "OK")

    def _on_cmgd(self, value: str) -> None:
        if ",4" in value:
            self._stored.clear()
        self._stored.pop(int(value.split(",")[0]), None)
        self._answer("OK")

    def _on_d(self, value: str) -> None:
        habits = self.habits
        if not habits.network:
            return self._answer("NO CARRIER")
        call = Placed(value.rstrip(";"), time.monotonic())
        self.calls.append(call)
        self._answer("OK")
        self._after(habits.answer_s, lambda: self._say(f'+CLCC: 1,0,2,0,0,"{call.number}",145'))
        if not habits.credit:
            self._after(2 * habits.answer_s, lambda: self._end("NO CARRIER", call))
            return None
        self._after(2 * habits.answer_s, lambda: self._say(f'+CLCC: 1,0,3,0,0,"{call.number}",145'))
        if habits.person == "answers":
            self._after(habits.ring_s, lambda: self._connect(call))
        elif habits.person != "silent":
            word = "BUSY" if habits.person == "busy" else "NO CARRIER"
            self._after(habits.ring_s, lambda: self._end(word, call))
        return None

    def _connect(self, call: Placed) -> None:
        if not call.over:
            call.connected = True
            self._say(f'+CLCC: 1,0,0,0,0,"{call.number}",145')
            self._say("VOICE CALL: BEGIN")

    def _end(self, word: str, call: Placed | None = None) -> None:
        call = call or self._call
        if call is not None and not call.over:
            call.over, self._sound = True, False
            if call.connected:
                self._say("VOICE CALL: END: 000012")
            self._say(word)

    def _on_ceer(self, _: str) -> None:
        self._answer(
            "+CEER: Normal call clearing" if self.habits.credit else "+CEER: Operator determined barring", "OK"
        )

    def _on_cpcmreg(self, value: str) -> None:
        connected = self._call is not None and self._call.connected
        self._sound = value == "1" and connected
        self._answer("OK" if value != "1" or connected else "ERROR")

    def _on_chup(self, _: str) -> None:
        with contextlib.suppress(AttributeError):
            self._end("NO CARRIER")
        self._answer("OK")


PLAIN = {"AT", "AT+CMEE", "AT+CMGF", "AT+CNMI", "AT+CMMS", "AT+CLCC", "AT+DDET", "AT+CPCMFRM", "AT+CPMS"}

"""One RS-485 line: every member hears every byte, at the pace of the line's baud rate.

A process of its own, because its clock is the line's: `python -m hardware.twin.line` takes its description and then
orders as JSON lines on standard input, answers each with a JSON line on standard output, and ends with its input.
One byte takes ten bits (8N1). Bytes are handed on when their burst ends or every 8 ms, the last one on time.
"""

import json
import os
import random
import select
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hardware.twin.terminals import Terminal

HAND_ON_S = 0.008


@dataclass
class Burst:
    """Bytes on their way: byte n is through at start_s + (n + 1) byte times."""

    sender: str
    start_s: float
    data: bytearray
    delivered: int = 0
    last_s: float = 0.0


@dataclass
class Faults:
    """What is wrong with the line. Shares are 0 to 1; `delay_s` and `drop` are kept per member."""

    noise: float = 0.0
    shorted: bool = False
    echo: bool = False
    cut: set[str] = field(default_factory=set)
    delay_s: dict[str, float] = field(default_factory=dict)
    drop: dict[str, float] = field(default_factory=dict)


class Line:
    """The wire between `links`, a symbolic link for each member by name."""

    def __init__(self, links: dict[str, Path], baud: int, seed: int = 0) -> None:
        self.links = links
        self.terminals = {name: Terminal(link) for name, link in links.items()}
        self.faults = Faults()
        self.counts = {"bytes": 0, "bursts": 0, "collisions": 0, "disturbed": 0, "lost_bytes": 0}
        self._byte_s = 10.0 / baud
        self._random = random.Random(seed)
        self._bursts: list[Burst] = []

    def wait_s(self, now_s: float) -> float | None:
        """Seconds until the next bytes are due, None when the line is quiet."""
        dues = [min(self._end_s(burst), max(burst.last_s, burst.start_s) + HAND_ON_S) for burst in self._bursts]
        return max(0.0, min(dues) - now_s) if dues else None

    def hear(self, now_s: float) -> None:
        """Take what members have sent."""
        for name, terminal in self.terminals.items():
            if data := terminal.read():
                self._take(name, data, now_s)

    def deliver(self, now_s: float) -> None:
        """Hand on the bytes that are through."""
        for burst in list(self._bursts):
            end_s = self._end_s(burst)
            through = len(burst.data) if now_s >= end_s else int((now_s - burst.start_s) / self._byte_s)
            late_enough = now_s >= max(burst.last_s, burst.start_s) + HAND_ON_S
            if through > burst.delivered and (now_s >= end_s or late_enough):
                self._hand_on(burst.sender, bytes(burst.data[burst.delivered : through]))
                burst.delivered = through
            if late_enough:
                burst.last_s = now_s
            if burst.delivered == len(burst.data):
                self._bursts.remove(burst)

    def unplug(self, name: str) -> None:
        """Take a member's adapter out: its port vanishes."""
        if name in self.terminals:
            self.terminals.pop(name).close()

    def plug(self, name: str) -> None:
        """Put the adapter back under the same link."""
        if name not in self.terminals:
            self.terminals[name] = Terminal(self.links[name])

    def close(self) -> None:
        """Hang up on all members."""
        for name in list(self.terminals):
            self.unplug(name)

    def _end_s(self, burst: Burst) -> float:
        return burst.start_s + len(burst.data) * self._byte_s

    def _take(self, name: str, data: bytes, now_s: float) -> None:
        if self.faults.shorted or name in self.faults.cut:
            return
        delay_s = self.faults.delay_s.get(name, 0.0)
        for burst in self._bursts:
            if burst.sender == name and not delay_s and now_s <= self._end_s(burst):
                burst.data += data
                return
        if self._random.random() < self.faults.drop.get(name, 0.0):
            return
        self.counts["bursts"] += 1
        start_s = now_s + delay_s
        new = Burst(name, start_s, bytearray(data), last_s=start_s)
        if self._random.random() < self.faults.noise:
            self._disturb(new.data)
        for other in self._bursts:
            self._collide(other, new)
        self._bursts.append(new)

    def _disturb(self, data: bytearray) -> None:
        self.counts["disturbed"] += 1
        kind = self._random.randrange(4)
        at = self._random.randrange(len(data))
        if kind == 0:
            data.insert(0, self._random.randrange(256))
        elif kind == 1:
            del data[at]
        else:
            for _ in range(self._random.randint(1, 3)):
                data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)

    def _collide(self, one: Burst, two: Burst) -> None:
        if self._end_s(one) <= two.start_s or self._end_s(two) <= one.start_s:
            return
        self.counts["collisions"] += 1
        overlap_s = max(one.start_s, two.start_s)
        for burst in (one, two):
            first = max(burst.delivered, int((overlap_s - burst.start_s) / self._byte_s))
            for at in range(first, len(burst.data)):
                burst.data[at] ^= self._random.randrange(1, 256)

    def _hand_on(self, sender: str, data: bytes) -> None:
        self.counts["bytes"] += len(data)
        if self.faults.shorted or sender in self.faults.cut:
            return
        for name, terminal in self.terminals.items():
            if name not in self.faults.cut and (name != sender or self.faults.echo):
                self.counts["lost_bytes"] += terminal.write(data)


def obey(line: Line, order: dict[str, Any]) -> dict[str, Any]:
    """Carry out one order and say what stands now. KeyError or TypeError when the order is not understood."""
    faults = line.faults
    member = order.get("member", "")
    match order["do"]:
        case "noise":
            faults.noise = float(order["share"])
        case "short":
            faults.shorted = bool(order["on"])
        case "echo":
            faults.echo = bool(order["on"])
        case "cut":
            faults.cut.add(member)
        case "join":
            faults.cut.discard(member)
        case "delay":
            faults.delay_s[member] = float(order["seconds"])
        case "drop":
            faults.drop[member] = float(order["share"])
        case "unplug":
            line.unplug(member)
        case "plug":
            line.plug(member)
        case "heal":
            line.faults = Faults(echo=faults.echo)
        case "count":
            pass
        case unknown:
            raise KeyError(unknown)
    return {"counts": line.counts}


def run(line: Line) -> None:
    """Carry bytes until standard input ends."""
    orders = sys.stdin.fileno()
    pending = b""
    while True:
        inputs = [orders, *(terminal.master for terminal in line.terminals.values())]
        ready, _, _ = select.select(inputs, [], [], line.wait_s(time.monotonic()))
        now_s = time.monotonic()
        line.deliver(now_s)
        line.hear(now_s)
        if orders in ready:
            data = os.read(orders, 65536)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for text in lines:
                answer(line, text)


def answer(line: Line, text: bytes) -> None:
    """Obey one JSON line and print the answer."""
    try:
        reply = obey(line, json.loads(text))
    except (KeyError, TypeError, ValueError) as error:
        reply = {"error": f"order not understood: {error!r}"}
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


def _first_line() -> bytes:
    """The first line of standard input, byte by byte, so that nothing behind it is swallowed."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(sys.stdin.fileno(), 1)):
        line += byte
    return line


def main() -> None:
    """Read the description, build the line, run it; Ctrl-C is for whoever started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    description = json.loads(_first_line())
    links = {name: Path(link) for name, link in description["links"].items()}
    line = Line(links, description["baud"], description.get("seed", 0))
    sys.stdout.write(json.dumps({"ready": sorted(links)}) + "\n")
    sys.stdout.flush()
    try:
        run(line)
    finally:
        line.close()


if __name__ == "__main__":
    main()

"""Old samples are fetched in the pauses: live polls keep their rate, and a busy line still brings the old ones."""

import contextlib
from types import SimpleNamespace

from gateway.bus.poller import STARVED_S, Poller


class Over(Exception):
    """The time of the test is up."""


class Busy:
    """A node whose requests take time by a clock in hand."""

    def __init__(self, name: str, clock: list[float]) -> None:
        self.name = name
        self.behind = True
        self.fetch_time_s = 0.15
        self.least_period_s = 0.0
        self.device = SimpleNamespace(due=lambda: True, retry_in_s=lambda: 0.0)
        self.polled: list[float] = []
        self.fetched: list[float] = []
        self._clock = clock

    async def poll(self) -> None:
        """The newest sample."""
        self.polled.append(self._clock[0])
        self._clock[0] += 0.05

    async def fetch(self) -> None:
        """A window."""
        self.fetched.append(self._clock[0])
        self._clock[0] += self.fetch_time_s


async def run(nodes: list[Busy], period_s: float, seconds: float, clock: list[float]) -> None:
    """The poller over so much time of the clock; its pauses step it too."""
    ends_s = clock[0] + seconds

    def now_s() -> float:
        if clock[0] >= ends_s:
            raise Over
        return clock[0]

    async def sleep(pause_s: float) -> None:
        clock[0] += pause_s

    with contextlib.suppress(Over):
        await Poller(nodes, period_s, lambda *_: None, now_s, sleep).run()  # type: ignore[arg-type]


async def test_polls_keep_their_period_while_windows_fill_the_pauses() -> None:
    clock = [0.0]
    nodes = [Busy("a", clock), Busy("b", clock)]
    await run(nodes, 0.5, 60, clock)
    for node in nodes:
        assert len(node.polled) >= 118
        assert len(node.fetched) > 30


async def test_a_line_without_pauses_fetches_a_window_once_in_a_while() -> None:
    clock = [0.0]
    nodes = [Busy("a", clock), Busy("b", clock)]
    await run(nodes, 0.0, 60, clock)
    fetched = sorted(nodes[0].fetched + nodes[1].fetched)
    assert 60 / STARVED_S - 3 <= len(fetched) <= 60 / STARVED_S + 1
    assert abs(len(nodes[0].fetched) - len(nodes[1].fetched)) <= 1


async def test_nothing_is_fetched_where_nothing_is_behind() -> None:
    clock = [0.0]
    node = Busy("a", clock)
    node.behind = False
    await run([node], 0.5, 20, clock)
    assert node.fetched == []
    assert len(node.polled) >= 38

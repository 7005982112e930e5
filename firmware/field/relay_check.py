"""Each relay of a panel let go and taken back, one at a time, while its current is watched.

Every command carries a short expiry. Whatever happens to this tool, the panel lets all aerators run again by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware.field.blocks import PanelState
from firmware.field.node_client import NodeClient
from hardware.registers import HOA_AUTO

EXPIRY_S = 10
STEP_S = 0.5
STOPS_WITHIN_S = 10.0
DRAWS_WITHIN_S = 15.0


@dataclass(frozen=True, kw_only=True)
class Click:
    """What one relay did; `said` is a key of the catalogue, `other` the aerator (from 1) whose current went instead."""

    aerator: int
    passed: bool
    said: str
    on_a: float | None = None
    off_a: float | None = None
    other: int = 0


class RelayCheck:
    """The relays of one panel. `rest_s` is how long the panel keeps an aerator off after a stop, by its settings."""

    def __init__(
        self,
        client: NodeClient,
        settings: dict[str, int],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._client = client
        self._count = client.known().aerators
        self._all = (1 << self._count) - 1
        self._monotonic = monotonic
        self._sleep = sleep
        self._counter = int(monotonic() * 1000)
        self._start_s = self._count * settings["stagger_ms"] / 1000
        self.rest_s = settings["min_off_s"]

    @property
    def time_s(self) -> float:
        """About how long it takes."""
        return self._count * (self.rest_s + 2 * STEP_S + 2) + self._start_s

    def run(self) -> Iterator[Click]:
        """Click one relay after another."""
        for aerator in range(self._count):
            yield self._click(aerator)

    def _click(self, aerator: int) -> Click:
        bit = 1 << aerator
        if self._client.panel().hoa[aerator] != HOA_AUTO:
            return Click(aerator=aerator + 1, passed=False, said="check.relay.not_auto")
        within_s = self._start_s + self.rest_s + DRAWS_WITHIN_S
        on, state = self._hold(self._all, lambda seen: bool(seen.coils & seen.currents & bit), within_s)
        if not on:
            return self._failed(aerator, _why_not_on(state, bit))
        return self._let_go(aerator, state)

    def _let_go(self, aerator: int, before: PanelState) -> Click:
        bit = 1 << aerator
        gone, off = self._hold(self._all & ~bit, lambda seen: not (seen.coils | seen.currents) & bit, STOPS_WITHIN_S)
        within_s = self._start_s + self.rest_s + DRAWS_WITHIN_S
        back, after = self._hold(self._all, lambda seen: bool(seen.coils & seen.currents & bit), within_s)
        on_a, off_a = before.current_a[aerator], off.current_a[aerator]
        if not gone:
            lost = before.currents & ~off.currents & self._all & ~bit
            said = "check.relay.crossed" if lost else "check.relay.welded"
            other = lost.bit_length()
            return Click(aerator=aerator + 1, passed=False, said=said, on_a=on_a, off_a=off_a, other=other)
        if not back:
            return self._failed(aerator, _why_not_on(after, bit))
        return Click(aerator=aerator + 1, passed=True, said="check.relay.good", on_a=on_a, off_a=off_a)

    def _failed(self, aerator: int, said: str) -> Click:
        return Click(aerator=aerator + 1, passed=False, said=said)

    def _hold(self, wanted: int, until: Callable[[PanelState], bool], within_s: float) -> tuple[bool, PanelState]:
        """Renew the command until the panel shows what is waited for; says whether it did, and what was seen last."""
        ends_s = self._monotonic() + within_s
        while True:
            self._counter += 1
            self._client.command(self._counter, wanted, EXPIRY_S)
            self._sleep(STEP_S)
            seen = self._client.panel()
            if until(seen):
                return True, seen
            if self._monotonic() > ends_s:
                return False, seen


def _why_not_on(seen: PanelState, bit: int) -> str:
    if seen.coils & bit:
        return "check.relay.no_current"
    return "check.relay.held_off" if seen.held_off & bit else "check.relay.dead"

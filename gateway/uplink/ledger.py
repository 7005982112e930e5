"""Which rows are on their way. A row leaves the outbox only when the cloud says that its database has it.

Pure and clock-driven. New rows go first; the backlog follows at a limited rate. A batch that is not confirmed in time is
sent again under a new number, for the cloud stores a row once however often it comes.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from gateway.uplink.messages import Row

CONFIRM_S = 20.0
BURST_S = 2.0
MOST_GIVEN_UP = 200


@dataclass(frozen=True)
class Batch:
    """Rows sent together, and when."""

    number: str
    rows: tuple[Row, ...]
    sent_s: float


class Ledger:
    """Hands out rows to send and takes confirmations."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        session: str,
        window: int,
        rows_per_message: int,
        backlog_rows_per_s: int,
    ) -> None:
        self.rows_per_message = rows_per_message
        self.unconfirmed_since_s: float | None = None
        self._monotonic = monotonic
        self._session = session
        self._window = window
        self._backlog_rows_per_s = backlog_rows_per_s
        self._numbers = itertools.count(1)
        self._in_flight: dict[str, Batch] = {}
        self._given_up: dict[str, Batch] = {}
        self._on_the_way: set[Row] = set()
        self._budget = 0.0
        self._budget_s = monotonic()

    @property
    def room(self) -> bool:
        """True while another message may be sent."""
        return len(self._in_flight) < self._window

    def waiting(self, rows: list[Row]) -> list[Row]:
        """Those of the rows that are not on their way."""
        return [row for row in rows if row not in self._on_the_way]

    def backlog_budget(self) -> int:
        """How many rows of the backlog may go now."""
        now_s = self._monotonic()
        most = self._backlog_rows_per_s * BURST_S
        self._budget = min(most, self._budget + (now_s - self._budget_s) * self._backlog_rows_per_s)
        self._budget_s = now_s
        return int(self._budget)

    def send(self, rows: list[Row], *, backlog: bool) -> str:
        """These rows go now; returns the number of their batch."""
        number = f"{self._session}-{next(self._numbers)}"
        self._in_flight[number] = Batch(number, tuple(rows), self._monotonic())
        self._on_the_way.update(rows)
        if backlog:
            self._budget -= len(rows)
        if self.unconfirmed_since_s is None:
            self.unconfirmed_since_s = self._monotonic()
        return number

    def confirm(self, number: str) -> list[Row]:
        """The cloud answered for a batch, be it late; returns its rows, none when the number is not known.

        The rows stay on their way until `release`, when the journal has taken them out of the outbox.
        """
        batch = self._in_flight.pop(number, None) or self._given_up.pop(number, None)
        if batch is None:
            return []
        self._on_the_way.update(batch.rows)
        self.unconfirmed_since_s = min((other.sent_s for other in self._in_flight.values()), default=None)
        return list(batch.rows)

    def release(self, rows: list[Row]) -> None:
        """The journal has written what became of these rows."""
        self._on_the_way.difference_update(rows)

    def give_up_late(self) -> bool:
        """Batches that were not confirmed in time go back among the waiting; True when there were any."""
        now_s = self._monotonic()
        late = [batch for batch in self._in_flight.values() if now_s - batch.sent_s > CONFIRM_S]
        for batch in late:
            self._take_back(batch)
        return bool(late)

    def disconnected(self) -> None:
        """Nothing that was under way can be relied on."""
        for batch in list(self._in_flight.values()):
            self._take_back(batch)

    def _take_back(self, batch: Batch) -> None:
        del self._in_flight[batch.number]
        self._given_up[batch.number] = batch
        while len(self._given_up) > MOST_GIVEN_UP:
            del self._given_up[next(iter(self._given_up))]
        self._on_the_way.difference_update(batch.rows)

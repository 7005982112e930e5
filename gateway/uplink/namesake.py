"""Whether another gateway sends under this one's name, as after a memory card was copied.

The cloud confirms batches to the name, so two gateways of one name hear each other's confirmations. A batch's number begins
with the session that each start of the uplink draws anew; confirmations of this gateway's own last run end soon.
"""

from collections.abc import Callable

OWN_LAST_RUN_S = 120.0
ENOUGH = 3
FORGOTTEN_S = 600.0


class Namesake:
    """Listens to the numbers of all confirmed batches; `session` is this gateway's own."""

    def __init__(self, session: str, monotonic: Callable[[], float]) -> None:
        self._session = session
        self._monotonic = monotonic
        self._begun_s = monotonic()
        self._heard_s: list[float] = []

    @property
    def there(self) -> bool:
        """True while another one was heard of lately."""
        return len(self._heard_s) >= ENOUGH and self._monotonic() - self._heard_s[-1] < FORGOTTEN_S

    def hear(self, number: str) -> bool:
        """Take note of a confirmed batch; True when this is the one that gives the other away."""
        now_s = self._monotonic()
        if number.partition("-")[0] == self._session or now_s - self._begun_s < OWN_LAST_RUN_S:
            return False
        before = self.there
        self._heard_s = [*(heard_s for heard_s in self._heard_s if now_s - heard_s < FORGOTTEN_S), now_s][-ENOUGH:]
        return self.there and not before

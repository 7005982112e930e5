"""Web push: an encrypted message to each browser of a person."""

import asyncio
import http.client
import json
from pathlib import Path

import apsw

from gateway.clock import Clock
from gateway.messages.sending import NotDelivered, Outcome, Sending
from gateway.messages.states import States
from gateway.messages.vapid import KeyUnusable, key
from gateway.messages.web_push import GONE, MOST_SIGNS, TAKEN, TIMEOUT_S, Letter, host_of, post
from gateway.people.settings import PersonSettings
from gateway.people.subscriptions import Subscription, Subscriptions
from gateway.text import text


class PushFailed(Exception):
    """A push service has not taken a message; `problem` is a key of the `channel.problem` texts."""

    def __init__(self, problem: str, why: str) -> None:
        super().__init__(why)
        self.problem = problem


class PushChannel:
    """Messages to the browsers of a person; a browser that is gone is forgotten."""

    def __init__(self, data: Path, states: States, clock: Clock, timeout_s: float = TIMEOUT_S) -> None:
        self._data = data
        self._subscriptions = Subscriptions(data)
        self._states = states
        self._clock = clock
        self._timeout_s = timeout_s

    async def deliver(self, sending: Sending, person: PersonSettings) -> Outcome:
        """Delivered when the push service of one browser at least has taken it."""
        try:
            browsers = await asyncio.to_thread(self._subscriptions.of, person.id)
        except apsw.Error as error:
            raise NotDelivered(f"the subscriptions cannot be read: {error}") from error
        if not browsers:
            raise NotDelivered(f"no phone of {person.id} has asked for messages", final=True)
        if not self._clock.wall_known():
            self._states.set("push", "clock_unknown")
            raise NotDelivered("the clock is not set, so push services refuse what this gateway signs")
        sent = await asyncio.gather(*(asyncio.to_thread(self._send, sending, browser) for browser in browsers))
        return self._summed(sent)

    def _summed(self, sent: list[PushFailed | None]) -> Outcome:
        failed = [failure for failure in sent if failure is not None]
        if len(failed) < len(sent):
            self._states.set("push")
            return Outcome("delivered", f"taken for {len(sent) - len(failed)} of {len(sent)} browsers")
        if worst := next((failure for failure in failed if failure.problem), None):
            self._states.set("push", worst.problem, str(worst))
        raise NotDelivered("; ".join(map(str, failed)), final=all(not failure.problem for failure in failed))

    def _send(self, sending: Sending, browser: Subscription) -> PushFailed | None:
        """None when it was taken."""
        try:
            status = post(browser, self._letter(sending), key(self._data), self._clock.wall(), self._timeout_s)
        except (OSError, http.client.HTTPException) as error:
            return PushFailed("no_internet", f"{host_of(browser.endpoint)}: {error}")
        except (ValueError, KeyUnusable) as error:
            return PushFailed("refused", f"{host_of(browser.endpoint)}: {error}")
        if status in TAKEN:
            return None
        if status in GONE:
            self._subscriptions.remove(browser.endpoint)
            return PushFailed("", f"a phone no longer wants messages ({status})")
        if 300 <= status < 400 or status == 511:
            return PushFailed("no_internet", f"{host_of(browser.endpoint)}: another page answered ({status}): log in")
        return PushFailed("refused" if status < 500 else "no_internet", f"{host_of(browser.endpoint)}: status {status}")

    def _letter(self, sending: Sending) -> Letter:
        return Letter(payload=payload(sending), topic=f"alarm-{sending.alarm}", urgent=sending.priority != "low")


def payload(sending: Sending) -> bytes:
    """What the service worker shows."""
    words = text(sending.language)
    shown = {
        "title": sending.title,
        "text": sending.text[:MOST_SIGNS],
        "alarm": sending.alarm,
        "priority": sending.priority,
        "language": sending.language,
        "acknowledge": words("push.acknowledge"),
    }
    return json.dumps(shown, ensure_ascii=False).encode()

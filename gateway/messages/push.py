"""Web push: an encrypted message to each browser of a person (RFC 8030, 8188, 8291, 8292)."""

import asyncio
import http.client
import json
import os
import ssl
from base64 import urlsafe_b64decode
from pathlib import Path
from urllib.parse import urlsplit

import apsw

from gateway.clock import Clock
from gateway.messages.sending import NotDelivered, Outcome, Sending
from gateway.messages.states import States
from gateway.messages.vapid import KeyUnusable, key
from gateway.people.settings import PersonSettings
from gateway.people.subscriptions import Subscription, Subscriptions
from gateway.text import text

TTL_S = 3600
TIMEOUT_S = 10.0
TOKEN_LIVES_S = 12 * 3600
CONTACT = "mailto:alarms@pondkeeper.example"  # a push service may write to it; nobody reads it
MOST_SIGNS = 700  # a push service carries 4096 bytes
TAKEN = (200, 201, 202)
GONE = (404, 410)


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
            status = _post(browser.endpoint, *self._sealed(sending, browser), self._timeout_s)
        except (OSError, http.client.HTTPException) as error:
            return PushFailed("no_internet", f"{_host(browser.endpoint)}: {error}")
        except (ValueError, KeyUnusable) as error:
            return PushFailed("refused", f"{_host(browser.endpoint)}: {error}")
        if status in TAKEN:
            return None
        if status in GONE:
            self._subscriptions.remove(browser.endpoint)
            return PushFailed("", f"a phone no longer wants messages ({status})")
        if 300 <= status < 400 or status == 511:
            return PushFailed("no_internet", f"{_host(browser.endpoint)}: another page answered ({status}): log in")
        return PushFailed("refused" if status < 500 else "no_internet", f"{_host(browser.endpoint)}: status {status}")

    def _sealed(self, sending: Sending, browser: Subscription) -> tuple[bytes, dict[str, str]]:
        import http_ece
        from cryptography.hazmat.primitives.asymmetric import ec

        body: bytes = http_ece.encrypt(
            payload(sending),
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=_decoded(browser.p256dh),
            auth_secret=_decoded(browser.auth),
            version="aes128gcm",
        )
        place = urlsplit(browser.endpoint)
        claims = {
            "sub": CONTACT,
            "aud": f"{place.scheme}://{place.netloc}",
            "exp": int(self._clock.wall()) + TOKEN_LIVES_S,
        }
        return body, {
            **key(self._data).sign(claims),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL_S),
            "Urgency": "normal" if sending.priority == "low" else "high",
            "Topic": f"alarm-{sending.alarm}",
        }


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


def _post(url: str, body: bytes, headers: dict[str, str], timeout_s: float) -> int:
    """The status of the answer; a redirection is not followed."""
    place = urlsplit(url)
    if place.hostname is None or place.scheme not in ("http", "https"):
        raise ValueError(f"not an address to post to: {url[:60]!r}")
    connection = (
        http.client.HTTPSConnection(place.hostname, place.port, timeout=timeout_s, context=ssl.create_default_context())
        if place.scheme == "https"
        else http.client.HTTPConnection(place.hostname, place.port, timeout=timeout_s)
    )
    try:
        connection.request("POST", f"{place.path or '/'}{'?' + place.query if place.query else ''}", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def _host(url: str) -> str:
    return urlsplit(url).netloc or "?"


def _decoded(value: str) -> bytes:
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))

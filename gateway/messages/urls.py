"""Messages to what apprise understands: e-mail, Telegram, Zalo bridges and the like.

apprise tells only whether a message was taken; why not stands in its log, which is listened to. A redirection is not
followed: behind a login page it would count as success.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Iterator
from contextvars import ContextVar
from urllib.parse import urlsplit

from gateway.messages.sending import NotDelivered, Outcome, Sending
from gateway.messages.states import States
from gateway.people.settings import PersonSettings

TIMEOUT_S = 30.0
SECRET_SIGNS = 6
UNREACHED = (
    "connection",
    "timed out",
    "timeout",
    "resolve",
    "certificate",
    "ssl",
    "status 3",
    "error=3",
    "redirect",
    "511",
)

_listening: ContextVar[list[str] | None] = ContextVar("listening", default=None)


class UrlChannel:
    """One message to all addresses of a person."""

    def __init__(self, states: States, timeout_s: float = TIMEOUT_S) -> None:
        self._states = states
        self._timeout_s = timeout_s

    async def deliver(self, sending: Sending, person: PersonSettings) -> Outcome:
        """Delivered when one address at least has taken it."""
        if not person.urls:
            raise NotDelivered(f"{person.id} has no urls in farm.toml", final=True)
        try:
            async with asyncio.timeout(self._timeout_s):
                sent = await asyncio.gather(*(asyncio.to_thread(_send, url, sending) for url in person.urls))
        except TimeoutError:
            self._states.set("url", "no_internet")
            raise NotDelivered(f"no answer within {self._timeout_s:.0f} s") from None
        failed = [why for why in sent if why]
        if len(failed) < len(sent):
            self._states.set("url")
            return Outcome("delivered", "; ".join(failed) or f"taken by {len(sent)} addresses")
        why = "; ".join(failed)
        self._states.set("url", "no_internet" if any(sign in why.lower() for sign in UNREACHED) else "refused", why)
        raise NotDelivered(why)


def _send(url: str, sending: Sending) -> str:
    """Empty when it was taken, else why not; the address itself holds secrets and is never told."""
    import apprise

    name = urlsplit(url).scheme or "?"
    asset = apprise.AppriseAsset(app_id="Pondkeeper", http_redirects=False)
    target = apprise.Apprise(asset=asset)
    if not target.add(url):
        return f"{name}: not an address that apprise understands"
    kind = apprise.NotifyType.FAILURE if sending.priority == "critical" else apprise.NotifyType.WARNING
    with _heard() as said:
        taken = target.notify(title=sending.title, body=sending.text, notify_type=kind)
    return "" if taken else f"{name}: {_without_secrets(' '.join(said), url) or 'refused'}"


@contextlib.contextmanager
def _heard() -> Iterator[list[str]]:
    """What apprise logs in this context; it takes the context into the threads it works in."""
    said: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if _listening.get() is said:
                said.append(record.getMessage())

    listener = Listener(logging.WARNING)
    logger = logging.getLogger("apprise")
    logger.addHandler(listener)
    token = _listening.set(said)
    try:
        yield said
    finally:
        _listening.reset(token)
        logger.removeHandler(listener)


def _without_secrets(words: str, url: str) -> str:
    place = urlsplit(url)
    for piece in re.split(r"[/:@?&=]+", url.split("://", 1)[-1]):
        if len(piece) >= SECRET_SIGNS and piece != place.hostname:
            words = words.replace(piece, "…")
    return words.strip()

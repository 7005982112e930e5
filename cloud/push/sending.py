"""One piece of news to all browsers of a person, once."""

import http.client
import json
import logging
from dataclasses import dataclass
from hashlib import sha256

from py_vapid import Vapid02

from cloud.database import Database
from cloud.push import repository
from gateway.messages.web_push import GONE, MOST_SIGNS, TAKEN, Letter, host_of, post
from gateway.people.subscriptions import Subscription

log = logging.getLogger(__name__)

BUSY = 429
NEVER_SENT = (ConnectionRefusedError, http.client.CannotSendRequest)


@dataclass(frozen=True, kw_only=True)
class News:
    """What a phone shows; `subject` names it among all news, `path` is the page that tapping it opens.

    `besides` are more subjects that it speaks of; what comes later with the same `tag`, its subject by default, stands
    on the phone in its place.
    """

    subject: str
    title: str
    text: str
    language: str
    path: str
    urgent: bool = False
    besides: tuple[str, ...] = ()
    tag: str = ""


def tell(database: Database, person_id: int, news: News, now_s: float) -> bool | None:
    """True when they were told, now or before; False to be tried again; None for whom no browser asks.

    It is claimed before it is sent, so that of several processes one sends. The claim is given back only where every
    push service said no: one that did not answer may have taken it.
    """
    with database.read() as session:
        browsers = repository.browsers_of(session, person_id)
    if not browsers:
        return None
    with database.write() as session:
        pem = repository.pair(session)
        if not repository.claim(session, person_id, news.subject, now_s):
            return True
        repository.claim_besides(session, person_id, news.besides, now_s)
    if send(database, browsers, news, pem, now_s):
        return True
    with database.write() as session:
        repository.unclaim(session, person_id, (news.subject, *news.besides))
    return False


def send(database: Database, browsers: list[Subscription], news: News, pem: str, now_s: float) -> bool:
    """False where every push service said no. A browser that is gone is forgotten."""
    key = Vapid02.from_pem(pem.encode())
    taken = [_takes(database, browser, letter_of(news), key, now_s) for browser in browsers]
    return any(taken)


def _takes(database: Database, browser: Subscription, letter: Letter, key: Vapid02, now_s: float) -> bool:
    """True unless it surely was not taken, and may be later."""
    try:
        status = post(browser, letter, key, now_s)
    except NEVER_SENT as error:
        log.warning("%s is out of reach (%s): what it shall carry waits", host_of(browser.endpoint), error)
        return False
    except (OSError, http.client.HTTPException, ValueError) as error:
        log.warning("%s did not answer (%s): it may have taken it", host_of(browser.endpoint), error)
        return True
    if status in GONE:
        with database.write() as session:
            repository.remove(session, browser.endpoint)
    elif status not in TAKEN:
        log.warning("%s took no message: status %d", host_of(browser.endpoint), status)
    return status < 500 and status != BUSY


def letter_of(news: News) -> Letter:
    """As the service worker takes it."""
    topic = sha256((news.tag or news.subject).encode()).hexdigest()[:32]
    shown = {
        "title": news.title,
        "text": news.text[:MOST_SIGNS],
        "tag": topic,
        "path": news.path,
        "language": news.language,
        "priority": "high" if news.urgent else "low",
    }
    return Letter(payload=json.dumps(shown, ensure_ascii=False).encode(), topic=topic, urgent=news.urgent)

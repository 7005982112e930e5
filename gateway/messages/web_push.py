"""One encrypted message to one browser (RFC 8030, 8188, 8291, 8292)."""

import http.client
import os
import ssl
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gateway.people.subscriptions import Subscription

if TYPE_CHECKING:
    from py_vapid import Vapid02

TTL_S = 3600
TIMEOUT_S = 10.0
TOKEN_LIVES_S = 12 * 3600
CONTACT = "mailto:alarms@pondkeeper.example"  # a push service may write to it; nobody reads it
MOST_SIGNS = 700  # a push service carries 4096 bytes
TAKEN = (200, 201, 202)
GONE = (404, 410)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What the service worker is to show; of two with one topic a push service keeps the newer."""

    payload: bytes
    topic: str
    urgent: bool


def post(browser: Subscription, letter: Letter, key: "Vapid02", wall_s: float, timeout_s: float = TIMEOUT_S) -> int:
    """The status of the answer; OSError or HTTPException without one, ValueError for a browser that cannot be."""
    return _post(browser.endpoint, *_sealed(browser, letter, key, wall_s), timeout_s)


def host_of(url: str) -> str:
    """Where a push service is."""
    return urlsplit(url).netloc or "?"


def _sealed(browser: Subscription, letter: Letter, key: "Vapid02", wall_s: float) -> tuple[bytes, dict[str, str]]:
    import http_ece
    from cryptography.hazmat.primitives.asymmetric import ec

    body: bytes = http_ece.encrypt(
        letter.payload,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_decoded(browser.p256dh),
        auth_secret=_decoded(browser.auth),
        version="aes128gcm",
    )
    place = urlsplit(browser.endpoint)
    claims = {"sub": CONTACT, "aud": f"{place.scheme}://{place.netloc}", "exp": int(wall_s) + TOKEN_LIVES_S}
    return body, {
        **key.sign(claims),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL_S),
        "Urgency": "high" if letter.urgent else "normal",
        "Topic": letter.topic,
    }


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


def _decoded(value: str) -> bytes:
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))

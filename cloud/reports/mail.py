"""Sends a file by e-mail through the server that an apprise URL names."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Letter:
    """A letter with one file."""

    title: str
    body: str
    file: str
    content: bytes
    kind: str


Send = Callable[[str, Letter], bool]


def sender(url: str) -> Send | None:
    """Sends to one address, True when the server took it; None where no URL is set.

    `url` is apprise's mailto:// or mailtos:// of the server and its account, without recipients.
    """
    if not url:
        return None

    def send(address: str, letter: Letter) -> bool:
        import apprise  # half a second that only a letter needs
        from apprise.attachment.memory import AttachMemory

        server = apprise.Apprise()
        if not server.add(f"{url}{'&' if '?' in url else '?'}{urlencode({'to': address})}"):
            log.error("PONDKEEPER_MAIL_URL is no address of a mail server that apprise understands")
            return False
        attached = apprise.AppriseAttachment()
        made: Any = AttachMemory
        attached.add(made(content=letter.content, name=letter.file, mimetype=letter.kind))
        text = apprise.NotifyFormat.TEXT
        return bool(server.notify(title=letter.title, body=letter.body, body_format=text, attach=attached))

    return send

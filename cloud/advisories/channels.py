"""The ways on which advice goes out."""

from collections.abc import Callable

from cloud.advisories.by_mail import ByMail
from cloud.advisories.telling import Teller
from cloud.database import Database
from cloud.push.telling import ByPush
from cloud.settings import CloudSettings


def tellers_of(settings: CloudSettings, database: Database, wall: Callable[[], float]) -> tuple[Teller, ...]:
    """The channels that this cloud has: phones, and e-mail where a server is set."""
    push = ByPush(database, wall)
    return (push, ByMail(settings.mail_url, settings.public_url)) if settings.mail_url else (push,)

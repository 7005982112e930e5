"""The task beside the ingest that tells phones what is new, and advice on its way to them."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy.exc import DBAPIError

from cloud.accounts.models import Person
from cloud.database import Database
from cloud.push import repository
from cloud.push.news import due
from cloud.push.sending import News, tell

log = logging.getLogger(__name__)

LOOK_S = 10.0
KEEP_S = 7 * 86400.0
AT_ONCE = 8


class ByPush:
    """Advice to phones, as a `Teller` of advice."""

    channel = "push"

    def __init__(self, database: Database, wall: Callable[[], float]) -> None:
        self._database = database
        self._wall = wall

    def tell(self, person: Person, title: str, body: str, path: str) -> bool | None:
        """As `Teller`: None for a person whose phones did not ask."""
        news = News(subject=f"advice {path}", title=title, text=body, language=person.language, path=path)
        return tell(self._database, person.id, news, self._wall())


def tell_news(database: Database, now_s: float) -> None:
    """Once."""
    with database.read() as session:
        people = repository.listeners(session)
        waiting = due(session, people, now_s) if people else []
    if not waiting:
        return
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: tell(database, one[0], one[1], now_s), waiting))
    with database.write() as session:
        repository.forget_before(session, now_s - KEEP_S)


async def tell_news_for_ever(database: Database, wall: Callable[[], float]) -> None:
    """Beside the ingest."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            await asyncio.to_thread(tell_news, database, wall())
        except DBAPIError as error:
            log.error("the database refuses (%s); phones are not told", str(error).splitlines()[0])
        except Exception:
            log.exception("telling phones failed; it goes on, and so does what it runs beside")

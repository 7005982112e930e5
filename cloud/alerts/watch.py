"""The task beside the ingest that looks for silent gateways and tells of them."""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.exc import DBAPIError

from cloud.alerts.messages import Teller
from cloud.alerts.silence import Silence

log = logging.getLogger(__name__)

LOOK_S = 10.0


async def watch(silence: Silence, teller: Teller, hears: Callable[[], bool]) -> None:
    """Look for ever; `hears` is False while the cloud's own way to the broker is broken."""
    while True:
        await asyncio.sleep(LOOK_S)
        try:
            if not hears():
                silence.deaf()
                continue
            await asyncio.to_thread(silence.check)
            await asyncio.to_thread(teller.tell)
        except DBAPIError as error:
            silence.deaf()
            log.error("the database refuses (%s); silence is not watched", str(error).splitlines()[0])
        except Exception:
            log.exception("the watch over silent gateways failed; it goes on, and so does what it runs beside")

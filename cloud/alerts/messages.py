"""Tells people of an alert, by whatever apprise can reach: e-mail, Telegram, Zalo gateways, SMS services."""

import logging
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.orm import Session

from cloud.alerts import repository
from cloud.alerts.models import Alert
from cloud.database import Database
from cloud.farms.models import Gateway
from gateway.text import text

log = logging.getLogger(__name__)

Send = Callable[[list[str], str, str], list[str]]
EVERY_FARM = "all"
FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 3600.0


def urls_of(path: Path, gateway_id: str) -> list[str]:
    """apprise's URLs for a farm: the file names lists under the gateway's id and under "all"; none without a file."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        log.error("%s cannot be read (%s): nobody is told of alerts", path, error)
        return []
    lists = [found.get(name, []) for name in (EVERY_FARM, gateway_id)]
    return [url for urls in lists if isinstance(urls, list) for url in urls if isinstance(url, str)]


def send(urls: list[str], title: str, body: str) -> list[str]:
    """Send to each; returns those that did not take it."""
    return [url for url in urls if not _takes(url, title, body)]


def _takes(url: str, title: str, body: str) -> bool:
    import apprise  # half a second that only an alert needs

    sender = apprise.Apprise()
    if not sender.add(url):
        log.error("apprise does not understand one of the alert URLs (%s...)", url.split(":")[0])
        return False
    return bool(sender.notify(title=title, body=body))


@dataclass
class _Try:
    """One word that people wait for: who has it, when the others are tried again."""

    told: set[str] = field(default_factory=set)
    again_s: float = 0.0
    wait_s: float = FIRST_WAIT_S


class Teller:
    """Tells of alerts until everybody was told: an address that fails is tried again, the others are left alone."""

    def __init__(
        self, database: Database, urls_file: Path, monotonic: Callable[[], float], deliver: Send = send
    ) -> None:
        self._database = database
        self._urls_file = urls_file
        self._monotonic = monotonic
        self._deliver = deliver
        self._tries: dict[tuple[int, bool], _Try] = {}
        self._warned: set[str] = set()

    def tell(self) -> None:
        """Once."""
        with self._database.read() as session:
            waiting = [
                (alert.id, alert.closed_at is not None, *_worded(session, alert))
                for alert in repository.untold(session)
            ]
        self._tries = {key: found for key, found in self._tries.items() if key in {word[:2] for word in waiting}}
        for alert_id, closed, gateway_id, title, body in waiting:
            if self._everybody_has(self._tries.setdefault((alert_id, closed), _Try()), gateway_id, title, body):
                with self._database.write() as session:
                    repository.told(session, alert_id, closed=closed)

    def _everybody_has(self, attempt: _Try, gateway_id: str, title: str, body: str) -> bool:
        urls = urls_of(self._urls_file, gateway_id)
        if not urls and gateway_id not in self._warned:
            self._warned.add(gateway_id)
            log.warning("%s names nobody for %s: its alerts are only on the page", self._urls_file, gateway_id)
        if not urls or self._monotonic() < attempt.again_s:
            return False
        left = [url for url in urls if url not in attempt.told]
        failed = self._deliver(left, title, body) if left else []
        attempt.told |= set(left) - set(failed)
        if failed:
            log.warning(
                "%d of %d addresses of %s did not take an alert, trying again", len(failed), len(urls), gateway_id
            )
            attempt.again_s = self._monotonic() + attempt.wait_s
            attempt.wait_s = min(2 * attempt.wait_s, LONGEST_WAIT_S)
        return not failed


def _worded(session: Session, alert: Alert) -> tuple[str, str, str]:
    """Gateway, title and text, in Vietnamese first and English second."""
    gateway = session.get(Gateway, alert.gateway_id)
    farm = (gateway.farm_name if gateway else None) or alert.gateway_id
    key = f"cloud_alert.{alert.kind}.{'closed' if alert.closed_at is not None else 'open'}"
    vi, en = text("vi"), text("en")
    return alert.gateway_id, vi(f"{key}_title", farm=farm), f"{vi(key, farm=farm)}\n{en(key, farm=farm)}"

"""Tells people of an alert, by whatever apprise can reach: e-mail, Telegram, Zalo gateways, SMS services."""

import logging
import tomllib
from collections.abc import Callable
from pathlib import Path

import apprise
from sqlalchemy.orm import Session

from cloud.alerts import repository
from cloud.alerts.models import Alert
from cloud.database import Database
from cloud.farms.models import Gateway
from gateway.text import text

log = logging.getLogger(__name__)

Send = Callable[[list[str], str, str], bool]
EVERY_FARM = "all"


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


def send(urls: list[str], title: str, body: str) -> bool:
    """Send to all; False when one of them did not take it."""
    sender = apprise.Apprise()
    for url in urls:
        if not sender.add(url):
            log.error("apprise does not understand one of the alert URLs (%s...)", url.split(":")[0])
    return bool(sender.notify(title=title, body=body))


def tell(database: Database, urls_file: Path, deliver: Send = send) -> None:
    """Tell of every alert that nobody was told of; what does not go through is tried again the next time."""
    with database.read() as session:
        waiting = [
            (alert.id, alert.closed_at is not None, *_worded(session, alert)) for alert in repository.untold(session)
        ]
    for alert_id, closed, gateway_id, title, body in waiting:
        urls = urls_of(urls_file, gateway_id)
        if urls and not deliver(urls, title, body):
            log.warning("alert %d of %s was not delivered, trying again", alert_id, gateway_id)
            continue
        with database.write() as session:
            repository.told(session, alert_id, closed=closed)


def _worded(session: Session, alert: Alert) -> tuple[str, str, str]:
    """Gateway, title and text, in Vietnamese first and English second."""
    gateway = session.get(Gateway, alert.gateway_id)
    farm = (gateway.farm_name if gateway else None) or alert.gateway_id
    key = f"cloud_alert.{alert.kind}.{'closed' if alert.closed_at is not None else 'open'}"
    vi, en = text("vi"), text("en")
    return alert.gateway_id, vi(f"{key}_title", farm=farm), f"{vi(key, farm=farm)}\n{en(key, farm=farm)}"

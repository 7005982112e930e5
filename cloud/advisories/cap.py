"""An advice as a Common Alerting Protocol 1.2 message (OASIS Standard, 1 July 2010), and its withdrawal as a Cancel."""

from collections.abc import Iterable
from datetime import UTC, datetime
from xml.etree import ElementTree as Xml

from cloud.advisories.models import Advisory
from gateway.text import text

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
GEOCODE = "VN.GSO.commune"
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'

CATEGORIES = {
    "salinity_front": "Env",
    "heat": "Met",
    "heavy_rain": "Met",
    "disease_nearby": "Health",
    "other": "Other",
}
SEVERITIES = {"minor": "Minor", "moderate": "Moderate", "severe": "Severe"}
CERTAINTIES = {"observed": "Observed", "likely": "Likely", "possible": "Possible", "unknown": "Unknown"}


def identifier(advisory: Advisory, msg_type: str) -> str:
    """The message's own name, for ever: a withdrawal is another message."""
    return f"pondkeeper-advisory-{advisory.id}{'' if msg_type == 'Alert' else '-cancel'}"


def sent_at(advisory: Advisory, msg_type: str) -> float:
    """When the message went out; Unix seconds."""
    return (advisory.issued_at if msg_type == "Alert" else advisory.withdrawn_at) or 0.0


def message(advisory: Advisory, communes: Iterable[str], sender: str, msg_type: str) -> bytes:
    """One message, "Alert" or "Cancel", in UTF-8; elements in the order of the standard's schema."""
    alert = Xml.Element("alert", xmlns=NAMESPACE)
    _put(alert, "identifier", identifier(advisory, msg_type))
    _put(alert, "sender", sender)
    _put(alert, "sent", date_time(sent_at(advisory, msg_type)))
    _put(alert, "status", "Actual")
    _put(alert, "msgType", msg_type)
    _put(alert, "scope", "Public")
    if msg_type != "Alert":
        sent = date_time(sent_at(advisory, "Alert"))
        _put(alert, "references", f"{sender},{identifier(advisory, 'Alert')},{sent}")
    codes = list(communes)
    _info(alert, advisory, codes, msg_type, "vi")
    if advisory.title_en:
        _info(alert, advisory, codes, msg_type, "en")
    return HEAD + bytes(Xml.tostring(alert, encoding="utf-8"))


def date_time(at_s: float) -> str:
    """A time as section 3.3.2 wants it: whole seconds, UTC as -00:00, never Z."""
    return datetime.fromtimestamp(int(at_s), UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _info(alert: Xml.Element, advisory: Advisory, codes: list[str], msg_type: str, language: str) -> None:
    info = Xml.SubElement(alert, "info")
    _put(info, "language", {"vi": "vi-VN", "en": "en-US"}[language])
    _put(info, "category", CATEGORIES[advisory.kind])
    _put(info, "event", text(language)(f"advice.kind.{advisory.kind}"))
    _put(info, "urgency", _urgency(advisory, msg_type))
    _put(info, "severity", SEVERITIES[advisory.severity])
    _put(info, "certainty", CERTAINTIES[advisory.certainty])
    _put(info, "effective", date_time(sent_at(advisory, "Alert")))
    _put(info, "onset", date_time(advisory.valid_from))
    _put(info, "expires", date_time(advisory.valid_until))
    _put(info, "headline", advisory.title_vi if language == "vi" else advisory.title_en)
    _put(info, "description", advisory.body_vi if language == "vi" else advisory.body_en)
    area = Xml.SubElement(info, "area")
    _put(area, "areaDesc", advisory.place)
    for code in codes:
        geocode = Xml.SubElement(area, "geocode")
        _put(geocode, "valueName", GEOCODE)
        _put(geocode, "value", code)


def _urgency(advisory: Advisory, msg_type: str) -> str:
    """Past for what is withdrawn; Future for what begins later than it is told."""
    if msg_type != "Alert":
        return "Past"
    return "Future" if advisory.valid_from > sent_at(advisory, "Alert") else "Expected"


def _put(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = text

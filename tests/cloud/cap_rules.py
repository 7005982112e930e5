"""The rules of CAP 1.2, section 3 (OASIS Standard, 1 July 2010), as checks of a message; written from its data dictionary.

3.2 says of each element whether it must be there, how often, and its values; 3.3 how dates and characters are written;
3.4 (the schema) in which order elements stand.
"""

import re
from xml.etree import ElementTree as Xml

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"

ALERT = [
    "identifier", "sender", "sent", "status", "msgType", "source", "scope", "restriction", "addresses", "code",
    "note", "references", "incidents", "info",
]  # fmt: skip
INFO = [
    "language", "category", "event", "responseType", "urgency", "severity", "certainty", "audience", "eventCode",
    "effective", "onset", "expires", "senderName", "headline", "description", "instruction", "web", "contact",
    "parameter", "resource", "area",
]  # fmt: skip
CATEGORIES = [
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other",
]  # fmt: skip
AREA = ["areaDesc", "polygon", "circle", "geocode", "altitude", "ceiling"]
REPEATED = {"code", "info", "category", "responseType", "eventCode", "parameter", "resource", "area"}
REPEATED |= {"polygon", "circle", "geocode"}
NEEDED = {
    "alert": {"identifier", "sender", "sent", "status", "msgType", "scope"},
    "info": {"category", "event", "urgency", "severity", "certainty"},
    "area": {"areaDesc"},
}
VALUES = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {*CATEGORIES},
    "responseType": {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None"},
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
TIMES = {"sent", "effective", "onset", "expires"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
NAME = re.compile(r"[^\s,<&]+")
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def broken_rules(message: bytes) -> list[str]:
    """What the standard has against this message; nothing for a valid one."""
    alert = Xml.fromstring(message)
    if alert.tag != f"{NAMESPACE}alert":
        return [f"the root is {alert.tag}"]
    found = [*_of(alert, "alert", ALERT), *_of_alert(alert)]
    for info in alert.iterfind(f"{NAMESPACE}info"):
        found += [*_of(info, "info", INFO), *_of_info(info)]
        for area in info.iterfind(f"{NAMESPACE}area"):
            found += [*_of(area, "area", AREA), *_of_area(area)]
    return found


def text_of(element: Xml.Element, name: str) -> str:
    """The text of a child, empty without one."""
    return element.findtext(f"{NAMESPACE}{name}") or ""


def _of(element: Xml.Element, kind: str, order: list[str]) -> list[str]:
    """Names, order, number and values of the children."""
    names = [child.tag.removeprefix(NAMESPACE) for child in element]
    if strange := set(names) - set(order):
        return [f"{kind} has {strange}"]
    found = [f"{kind} has no {name}" for name in sorted(NEEDED[kind] - set(names))]
    if names != sorted(names, key=order.index):
        found.append(f"{kind}: order {names}")
    found += [f"{kind} has {name} twice" for name in set(names) if names.count(name) > 1 and name not in REPEATED]
    for child in element:
        name, text = child.tag.removeprefix(NAMESPACE), child.text or ""
        if name in VALUES and text not in VALUES[name]:
            found.append(f"{name} is {text!r}")
        if name in TIMES and not TIME.fullmatch(text):
            found.append(f"{name} is {text!r}: no alphabetic time zone, UTC as -00:00")
        if not len(child) and not text.strip():
            found.append(f"{name} is empty")
    return found


def _of_alert(alert: Xml.Element) -> list[str]:
    found = [
        f"{name} has a forbidden sign" for name in ("identifier", "sender") if not NAME.fullmatch(text_of(alert, name))
    ]
    scope, msg_type, references = (text_of(alert, name) for name in ("scope", "msgType", "references"))
    if scope == "Restricted" and not text_of(alert, "restriction"):
        found.append("restricted without a restriction")
    if scope == "Private" and not text_of(alert, "addresses"):
        found.append("private without addresses")
    if msg_type in ("Update", "Cancel", "Ack", "Error") and not references:
        found.append(f"{msg_type} of nothing")
    for reference in references.split():
        parts = reference.split(",")
        if len(parts) != 3 or not TIME.fullmatch(parts[2]):
            found.append(f"reference {reference!r}")
    return found


def _of_info(info: Xml.Element) -> list[str]:
    found = []
    if not LANGUAGE.fullmatch(text_of(info, "language") or "en-US"):
        found.append("language")
    if text_of(info, "expires") and text_of(info, "expires") <= text_of(info, "onset"):
        found.append("it is over before it begins")
    return found


def _of_area(area: Xml.Element) -> list[str]:
    return [
        f"geocode {code}"
        for geocode in area.iterfind(f"{NAMESPACE}geocode")
        if len(code := [child.tag.removeprefix(NAMESPACE) for child in geocode]) != 2 or code != ["valueName", "value"]
    ]

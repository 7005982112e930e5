"""Times as people of the Mekong delta write them: UTC+7, without summer time."""

from datetime import datetime, timedelta, timezone

LOCAL = timezone(timedelta(hours=7))


def shown(at_s: float) -> str:
    """Day and hour."""
    return datetime.fromtimestamp(at_s, LOCAL).strftime("%d/%m/%Y %H:%M")


def field(at_s: float) -> str:
    """As a form's field for day and hour holds it."""
    return datetime.fromtimestamp(at_s, LOCAL).strftime("%Y-%m-%dT%H:%M")


def parsed(text: str) -> float:
    """Unix seconds of a form's field; ValueError when it is none."""
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL).timestamp()

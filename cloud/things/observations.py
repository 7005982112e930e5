"""The only place where stored samples are reached."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from cloud.telemetry.history import StoredSample, samples
from cloud.telemetry.latest import latest_of

__all__ = ["StoredSample", "quantities_of", "samples"]


def quantities_of(session: Session, nodes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, ...]]:
    """What each of these nodes (gateway, node) measures, by its newest sample."""
    newest = latest_of(session, nodes)
    return {node: tuple(dict.fromkeys(value.quantity for value in found.readings)) for node, found in newest.items()}

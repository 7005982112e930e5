"""Several ponds side by side: one quantity over one span."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from cloud.farms.models import Pond
from cloud.telemetry.history import bucketed, good_values
from cloud.telemetry.latest import Value, latest_of
from cloud.telemetry.past import Columns, columns
from cloud.telemetry.summary import below
from hardware.quantities import DO

BUCKETS = 480


@dataclass(frozen=True, slots=True)
class Span:
    """One quantity between two Unix times."""

    quantity: str
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Side:
    """One pond's line: `drawn` for the chart; the figures are None where nothing good was measured.

    `below_s` under 3 mg/L, for oxygen only; `last` whatever its quality, of `last_at`.
    """

    pond: Pond
    drawn: Columns
    low: float | None
    mean: float | None
    below_s: float | None
    last: Value | None
    last_at: float | None


def side(session: Session, pond: Pond, span: Span) -> Side:
    """One of the ponds that are compared."""
    node, since, until = pond.node or "", span.since, span.until
    at, values = good_values(session, pond.gateway_id, node, span.quantity, since, until)
    order = np.argsort(at, kind="stable")
    at, values = at[order], values[order]
    newest = latest_of(session, [(pond.gateway_id, node)]).get((pond.gateway_id, node))
    return Side(
        pond=pond,
        drawn=columns(bucketed(at, values, since, until, BUCKETS), (until - since) / BUCKETS),
        low=float(values.min()) if len(values) else None,
        mean=float(values.mean()) if len(values) else None,
        below_s=below(at, values) if len(values) and span.quantity == DO.symbol else None,
        last=newest.get(span.quantity) if newest else None,
        last_at=newest.taken_at if newest else None,
    )

"""What the entities show: ponds, nodes, what a node measured of a pond's water."""

from dataclasses import dataclass
from typing import Any

from cloud.things.geo import Geometry, point
from hardware.quantities import Quantity


@dataclass(frozen=True, slots=True)
class Place:
    """A pond: a Thing, its Location, its HistoricalLocation and the feature that its water is.

    `quantities` are the symbols of what its node measures, by its newest sample, taken at `newest_s`; `since_s` is when
    its farm became known.
    """

    number: int
    name: str
    gateway_id: str
    farm: str
    node: str | None
    position: tuple[float, float] | None
    since_s: float
    properties: dict[str, Any]
    quantities: tuple[str, ...] = ()
    newest_s: float = 0.0

    @property
    def key(self) -> str:
        """Its id in every set."""
        return f"pond-{self.number}"

    @property
    def geometry(self) -> Geometry | None:
        """Where it is, longitude first; None when nobody said."""
        return point(*self.position) if self.position else None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A node: a Sensor."""

    gateway_id: str
    node: str

    @property
    def key(self) -> str:
        """A gateway's id has no dot, so the first one parts the two."""
        return f"{self.gateway_id}.{self.node}"


@dataclass(frozen=True, slots=True)
class Stream:
    """One quantity of one pond: a Datastream."""

    place: Place
    quantity: Quantity

    @property
    def key(self) -> str:
        """Its id."""
        return f"{self.place.key}.{self.quantity.symbol}"


@dataclass(frozen=True, slots=True)
class Observed:
    """One reading: an Observation; its time in Unix seconds, quality 0 good, 1 uncertain, 2 bad."""

    stream: Stream
    boot: int
    sequence: int
    taken_at: float
    received_at: float
    wall_known: bool
    late: bool
    value: float | None
    quality: int
    reason: int

    @property
    def key(self) -> str:
        """Its id: the sample's identity, and its time in ms, for days that are sealed are found by their date."""
        return f"{self.stream.key}.{round(self.taken_at * 1000)}.{self.boot}.{self.sequence}"

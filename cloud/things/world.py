"""The entities that one asker sees, and the ways between them."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy.orm import Session

from cloud.things import repository
from cloud.things.entities import TYPES
from cloud.things.model import EntityType
from cloud.things.repository import Seen
from cloud.things.scan import HALF_MS, Budget, Part, Parts, Scanner, Wish
from cloud.things.subjects import Instrument, Observed, Place, Stream
from hardware.quantities import BY_SYMBOL, QUANTITIES, Quantity

PLACE = re.compile(r"pond-(\d{1,10})", re.ASCII)
STREAM = re.compile(r"(pond-\d{1,10})\.(\w{1,60})", re.ASCII)
OBSERVED = re.compile(r"(pond-\d{1,10}\.\w{1,60})\.(\d{1,15})\.\d{1,10}\.\d{1,10}", re.ASCII)


class World:
    """What there is for one request; `seen` are the farms whose water the asker may see."""

    def __init__(self, session: Session, seen: Seen, now_s: float) -> None:
        self.now_s = now_s
        self.budget = Budget()
        self._session = session
        self._seen = seen
        self.scanner = Scanner(session, self.budget)

    def all(self, entity: EntityType) -> Iterable[Any]:
        """All entities of a type, but for Observations (`parts`)."""
        return _ALL[entity.name](self)

    def find(self, entity: EntityType, key: str) -> Any:
        """The entity of this id, None when the asker sees none."""
        return _FIND[entity.name](self, key)

    def one(self, entity: EntityType, relation: str, subject: Any) -> Any:
        """The related entity, None when there is none."""
        return _ONE[entity.name, relation](subject)

    def each(self, entity: EntityType, relation: str, subject: Any) -> Iterable[Any]:
        """The related entities of a set."""
        return _EACH[entity.name, relation](self, subject)

    def parts(self, entity: EntityType | None, subject: Any) -> Parts:
        """Where the observations of a Datastream or a FeatureOfInterest lie, of all there are without one."""
        if entity is None:
            return self._all_parts
        part = _part(subject) if entity.name == "FeatureOfInterest" else Part(subject.place, _by_symbol([subject]))
        return lambda after: iter([part] if part.place.number > after else [])

    def observations(self, parts: Parts) -> Iterator[Observed]:
        """The observations of some parts, pond by pond."""
        for observed, _ in self.scanner.scan(parts, Wish()):
            yield observed

    def holds(self, entity: EntityType, relation: str, subject: Any, found: Any) -> bool:
        """True when `found` belongs to the related entities of a set."""
        target = TYPES[entity.relations[relation].target]
        if entity.name in target.relations:
            back = self.one(target, entity.name, found)
            return back is not None and entity.id(back) == entity.id(subject)
        return any(entity.id(back) == entity.id(subject) for back in self.each(target, entity.plural, found))

    def places(self, after: int = 0) -> Iterator[Place]:
        """All ponds above a number."""
        for place in repository.places(self._session, self._seen, after):
            self.budget.spend()
            yield place

    def place(self, key: str) -> Place | None:
        """The pond of an id."""
        found = PLACE.fullmatch(key)
        return repository.place(self._session, self._seen, int(found.group(1))) if found else None

    def located(self, key: str) -> Place | None:
        """As `place`, if it is known where it is."""
        found = self.place(key)
        return found if found and found.position else None

    def stream(self, key: str) -> Stream | None:
        """The Datastream of an id."""
        found = STREAM.fullmatch(key)
        place = self.place(found.group(1)) if found else None
        streams = _by_symbol(_streams(place)) if place else {}
        return streams.get(found.group(2)) if found else None

    def observed(self, key: str) -> Observed | None:
        """The Observation of an id."""
        found = OBSERVED.fullmatch(key)
        stream = self.stream(found.group(1)) if found else None
        if found is None or stream is None or stream.place.node is None:
            return None
        at = int(found.group(2)) / 1000
        part = Part(stream.place, _by_symbol([stream]))
        near = self.scanner.near(part, at - HALF_MS, at + HALF_MS)
        return next((observed for observed in near if observed.key == key), None)

    def node(self, key: str) -> Instrument | None:
        """The Sensor of an id."""
        gateway_id, _, name = key.partition(".")
        node = Instrument(gateway_id, name)
        return node if repository.places_of(self._session, self._seen, node) else None

    def nodes(self) -> Iterator[Instrument]:
        """All Sensors."""
        for node in repository.nodes(self._session, self._seen):
            self.budget.spend()
            yield node

    def streams_at(self, node: Instrument) -> Iterator[Stream]:
        """The Datastreams of a Sensor."""
        for place in repository.places_of(self._session, self._seen, node):
            yield from _streams(place)

    def streams_of(self, quantity: Quantity) -> Iterator[Stream]:
        """The Datastreams of an ObservedProperty."""
        return (Stream(place, quantity) for place in self.places() if quantity.symbol in place.quantities)

    def _all_parts(self, after: int) -> Iterator[Part]:
        return (_part(place) for place in self.places(after))


def _streams(place: Place) -> list[Stream]:
    return [Stream(place, BY_SYMBOL[symbol]) for symbol in place.quantities]


def _by_symbol(streams: list[Stream]) -> dict[str, Stream]:
    return {stream.quantity.symbol: stream for stream in streams}


def _part(place: Place) -> Part:
    return Part(place, _by_symbol(_streams(place)))


def _located(places: Iterable[Place]) -> Iterator[Place]:
    return (place for place in places if place.position)


def _itself(place: Place) -> list[Place]:
    return [place]


def _instrument(stream: Stream) -> Instrument | None:
    return Instrument(stream.place.gateway_id, stream.place.node) if stream.place.node else None


def _all_streams(world: World) -> Iterator[Stream]:
    return (stream for place in world.places() for stream in _streams(place))


_ALL: dict[str, Callable[[World], Iterable[Any]]] = {
    "Thing": World.places,
    "Location": lambda world: _located(world.places()),
    "HistoricalLocation": lambda world: _located(world.places()),
    "Datastream": _all_streams,
    "Sensor": World.nodes,
    "ObservedProperty": lambda _: QUANTITIES,
    "FeatureOfInterest": World.places,
}
_FIND: dict[str, Callable[[World, str], Any]] = {
    "Thing": World.place,
    "Location": World.located,
    "HistoricalLocation": World.located,
    "Datastream": World.stream,
    "Sensor": World.node,
    "ObservedProperty": lambda _, key: BY_SYMBOL.get(key),
    "Observation": World.observed,
    "FeatureOfInterest": World.place,
}
_ONE: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("HistoricalLocation", "Thing"): lambda place: place,
    ("Datastream", "Thing"): lambda stream: stream.place,
    ("Datastream", "Sensor"): _instrument,
    ("Datastream", "ObservedProperty"): lambda stream: stream.quantity,
    ("Observation", "Datastream"): lambda observed: observed.stream,
    ("Observation", "FeatureOfInterest"): lambda observed: observed.stream.place,
}
_EACH: dict[tuple[str, str], Callable[[World, Any], Iterable[Any]]] = {
    ("Thing", "Locations"): lambda _, place: _located([place]),
    ("Thing", "HistoricalLocations"): lambda _, place: _located([place]),
    ("Thing", "Datastreams"): lambda _, place: _streams(place),
    ("Location", "Things"): lambda _, place: _itself(place),
    ("Location", "HistoricalLocations"): lambda _, place: _itself(place),
    ("HistoricalLocation", "Locations"): lambda _, place: _itself(place),
    ("Sensor", "Datastreams"): World.streams_at,
    ("ObservedProperty", "Datastreams"): World.streams_of,
    ("Datastream", "Observations"): lambda world, stream: world.observations(world.parts(TYPES["Datastream"], stream)),
    ("FeatureOfInterest", "Observations"): lambda world, place: world.observations(
        world.parts(TYPES["FeatureOfInterest"], place)
    ),
}

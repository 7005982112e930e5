"""The eight entity types and what of Pondkeeper each property shows."""

from functools import cache
from typing import Any

from cloud.things.model import EntityType, Property, entity_type, many, one
from cloud.things.subjects import Observed, Place, Stream
from cloud.things.times import written
from cloud.things.units import UNITS
from gateway.text import text
from hardware import registers
from hardware.quantities import Quantity

GEOJSON = "application/geo+json"
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
QUALITIES = ("good", "uncertain", "bad")
REASONS = {code: name[7:].lower() for name, code in vars(registers).items() if name.startswith("REASON_")}
words = text("en")


def quantity_name(quantity: Quantity, language: str = "en") -> str:
    """What is measured, in words."""
    return text(language)(f"thing_quantity.{quantity.symbol}")


def _feature(place: Place) -> dict[str, Any]:
    return place.geometry or {"type": "Feature", "geometry": None, "properties": {}}


@cache
def _quantity_properties(quantity: Quantity) -> dict[str, Any]:
    return {
        "symbol": quantity.symbol,
        "nameVi": quantity_name(quantity, "vi"),
        "low": quantity.low,
        "high": quantity.high,
        "resolution": quantity.resolution,
    }


@cache
def unit_of(quantity: Quantity) -> dict[str, str | None]:
    """A unit by name, symbol and its code in UCUM; null where it has none."""
    name, code = UNITS[quantity.unit]
    return {"name": name, "symbol": quantity.unit, "definition": code and f"http://unitsofmeasure.org/ucum#{code}"}


def _in_words(stream: Stream, key: str) -> str:
    place = stream.place
    return words(key, quantity=quantity_name(stream.quantity), name=place.name, node=place.node or "")


def _parameters(seen: Observed) -> dict[str, Any]:
    return {
        "boot": seen.boot,
        "sequence": seen.sequence,
        "receivedAt": written(seen.received_at),
        "late": seen.late,
        "clockKnown": seen.wall_known,
        "reason": REASONS.get(seen.reason, str(seen.reason)),
    }


def _named(name: Any, description: Any, *more: Property) -> tuple[Property, ...]:
    return Property("name", "text", name), Property("description", "text", description), *more


def _empty(_: Any) -> dict[str, Any]:
    return {}


def _key(subject: Any) -> str:
    key: str = subject.key
    return key


THING = entity_type(
    "Thing",
    "Things",
    _key,
    _named(
        lambda place: place.name,
        lambda place: words("thing.pond", name=place.name, farm=place.farm),
        Property("properties", "any", lambda place: place.properties),
    ),
    many("Locations", "Location"),
    many("HistoricalLocations", "HistoricalLocation"),
    many("Datastreams", "Datastream"),
)
LOCATION = entity_type(
    "Location",
    "Locations",
    _key,
    _named(
        lambda place: place.name,
        lambda place: words("thing.place", name=place.name),
        Property("encodingType", "text", lambda _: GEOJSON),
        Property("location", "geo", lambda place: place.geometry),
        Property("properties", "any", _empty),
    ),
    many("Things", "Thing"),
    many("HistoricalLocations", "HistoricalLocation"),
)
HISTORICAL_LOCATION = entity_type(
    "HistoricalLocation",
    "HistoricalLocations",
    _key,
    (Property("time", "time", lambda place: place.since_s),),
    one("Thing"),
    many("Locations", "Location"),
)
DATASTREAM = entity_type(
    "Datastream",
    "Datastreams",
    _key,
    _named(
        lambda stream: _in_words(stream, "thing.stream"),
        lambda stream: _in_words(stream, "thing.stream_long"),
        Property("observationType", "text", lambda _: MEASUREMENT),
        Property("unitOfMeasurement", "any", lambda stream: unit_of(stream.quantity)),
        Property("observedArea", "geo", lambda stream: stream.place.geometry),
        Property("properties", "any", _empty),
    ),
    one("Thing"),
    one("Sensor"),
    one("ObservedProperty"),
    many("Observations", "Observation"),
)
SENSOR = entity_type(
    "Sensor",
    "Sensors",
    _key,
    _named(
        lambda node: words("thing.node", node=node.node),
        lambda node: words("thing.node_long", gateway=node.gateway_id),
        Property("encodingType", "text", lambda _: "text/plain"),
        Property("metadata", "text", lambda node: node.node),
        Property("properties", "any", lambda node: {"gateway": node.gateway_id, "node": node.node}),
    ),
    many("Datastreams", "Datastream"),
)
OBSERVED_PROPERTY = entity_type(
    "ObservedProperty",
    "ObservedProperties",
    lambda quantity: str(quantity.symbol),
    _named(
        quantity_name,
        lambda quantity: f"{quantity_name(quantity)}, {quantity.unit}",
        Property("definition", "text", lambda quantity: f"urn:pondkeeper:quantity:{quantity.symbol}"),
        Property("properties", "any", _quantity_properties),
    ),
    many("Datastreams", "Datastream"),
)
OBSERVATION = entity_type(
    "Observation",
    "Observations",
    _key,
    (
        Property("phenomenonTime", "time", lambda seen: seen.taken_at),
        Property("resultTime", "time", lambda seen: seen.taken_at),
        Property("result", "number", lambda seen: seen.value),
        Property("resultQuality", "text", lambda seen: QUALITIES[seen.quality]),
        Property("parameters", "any", _parameters),
    ),
    one("Datastream"),
    one("FeatureOfInterest"),
)
FEATURE = entity_type(
    "FeatureOfInterest",
    "FeaturesOfInterest",
    _key,
    _named(
        lambda place: words("thing.water", name=place.name),
        lambda place: words("thing.pond", name=place.name, farm=place.farm),
        Property("encodingType", "text", lambda _: GEOJSON),
        Property("feature", "geo", _feature),
        Property("properties", "any", _empty),
    ),
    many("Observations", "Observation"),
)
TYPES: dict[str, EntityType] = {
    found.name: found
    for found in (
        THING,
        LOCATION,
        HISTORICAL_LOCATION,
        DATASTREAM,
        SENSOR,
        OBSERVED_PROPERTY,
        OBSERVATION,
        FEATURE,
    )
}
SETS: dict[str, EntityType] = {found.plural: found for found in TYPES.values()}

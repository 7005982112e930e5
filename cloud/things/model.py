"""The standard's data model as data: entity types, their properties, their relations."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloud.things.syntax import Kind

ID = ("@iot.id", "id")
SELF = ("@iot.selfLink", "selfLink")


@dataclass(frozen=True)
class Property:
    """A property of an entity: how filters see it, and how it is got from what the entity shows."""

    name: str
    kind: Kind
    get: Callable[[Any], Any]


@dataclass(frozen=True)
class Relation:
    """A way from an entity to others; `target` is an entity type's name."""

    name: str
    target: str
    many: bool


@dataclass(frozen=True)
class EntityType:
    """A type: its name, its set's name, its entities' ids, properties and relations."""

    name: str
    plural: str
    id: Callable[[Any], str]
    properties: dict[str, Property]
    relations: dict[str, Relation]


def entity_type(
    name: str, plural: str, of: Callable[[Any], str], properties: tuple[Property, ...], *relations: Relation
) -> EntityType:
    """A type with its properties and relations by name."""
    by_name = {found.name: found for found in properties}
    return EntityType(name, plural, of, by_name, {found.name: found for found in relations})


def one(name: str) -> Relation:
    """A relation to one entity, named for its type."""
    return Relation(name, name, many=False)


def many(plural: str, name: str) -> Relation:
    """A relation to a set of entities."""
    return Relation(plural, name, many=True)

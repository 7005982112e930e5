"""Entities as JSON: control information, properties, links to what they are related to, and what is expanded."""

from collections.abc import Callable
from typing import Any

from cloud.things.entities import TYPES
from cloud.things.links import entity_link
from cloud.things.model import ID, SELF, EntityType, Property
from cloud.things.refusals import Invalid
from cloud.things.syntax import Expansion, Options
from cloud.things.times import written

MOST_ENTITIES = 20_000
Related = Callable[[EntityType, Expansion, Any], dict[str, Any]]


class Writer:
    """Writes the entities of one answer; `related` writes what stands under an expanded relation."""

    def __init__(self, root: str, related: Related) -> None:
        self._root = root
        self._related = related
        self._written = 0

    def entity(self, entity: EntityType, subject: Any, options: Options) -> dict[str, Any]:
        """One entity; Invalid when the whole answer holds too many, or something is selected that it has not."""
        self._written += 1
        if self._written > MOST_ENTITIES:
            raise Invalid("$expand", f"the answer would hold more than {MOST_ENTITIES} entities", "Use $top in it.")
        link = entity_link(self._root, entity, entity.id(subject))
        found = self._whole(entity, subject, link) if options.select is None else {}
        for name in options.select or ():
            found |= self._selected(entity, subject, link, name)
        for expansion in options.expand:
            found |= self._related(entity, expansion, subject)
        return found

    def reference(self, entity: EntityType, subject: Any) -> dict[str, Any]:
        """Only its address."""
        return {SELF[0]: entity_link(self._root, entity, entity.id(subject))}

    def _whole(self, entity: EntityType, subject: Any, link: str) -> dict[str, Any]:
        control = {ID[0]: entity.id(subject), SELF[0]: link}
        properties = {name: shown(found, subject) for name, found in entity.properties.items()}
        return control | properties | {_link_name(name): f"{link}/{name}" for name in entity.relations}

    def _selected(self, entity: EntityType, subject: Any, link: str, name: str) -> dict[str, Any]:
        if name in ID:
            return {ID[0]: entity.id(subject)}
        if name in SELF:
            return {SELF[0]: link}
        if name in entity.properties:
            return {name: shown(entity.properties[name], subject)}
        return {_link_name(name): f"{link}/{name}"}


def _link_name(relation: str) -> str:
    return f"{relation}@iot.navigationLink"


def shown(found: Property, subject: Any) -> Any:
    """A property's value as JSON has it."""
    value = found.get(subject)
    return written(value) if found.kind == "time" and value is not None else value


def check(entity: EntityType, options: Options) -> None:
    """Invalid when something is selected or expanded that the type has not."""
    for name in options.select or ():
        if name not in (*ID, *SELF, *entity.properties, *entity.relations):
            raise Invalid("$select", f"a {entity.name} has no {name[:40]}")
    for expansion in options.expand:
        relation = entity.relations.get(expansion.relation)
        if relation is None:
            raise Invalid("$expand", f"a {entity.name} has no relation {expansion.relation[:40]}")
        if not relation.many:
            only_entity(expansion.options, "$expand")
        check(TYPES[relation.target], expansion.options)


def only_entity(options: Options, place: str) -> None:
    """Invalid when an option is given that only sets have."""
    for name, _ in options.written:
        if name not in ("$select", "$expand"):
            raise Invalid(name, "this is one entity, not a set", f"Only $select and $expand make sense in {place}.")

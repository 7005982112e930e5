"""Resource paths: from their text to the set, entity or property that they lead to."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cloud.things.entities import SETS, TYPES
from cloud.things.links import key_in_link
from cloud.things.model import EntityType, Relation
from cloud.things.refusals import Absent
from cloud.things.world import World

LONGEST = 2000
MOST_SEGMENTS = 12
_SEGMENT = re.compile(r"(\$?[A-Za-z@][\w.@]*)(?:\((?:'((?:[^']|'')*)'|(-?\d{1,18}))\))?(?:/|$)", re.ASCII)


@dataclass(frozen=True)
class Segment:
    """One step: a name, and perhaps an id in brackets."""

    name: str
    key: str | None


@dataclass(frozen=True)
class AtSet:
    """A set; `origin` is the entity whose relation it is."""

    entity: EntityType
    origin: tuple[EntityType, Relation, Any] | None
    link: str
    references: bool = False


@dataclass(frozen=True)
class AtEntity:
    """One entity."""

    entity: EntityType
    subject: Any
    references: bool = False


@dataclass(frozen=True)
class AtProperty:
    """A property, or a part of one that is JSON; `raw` when only its value is asked for."""

    entity: EntityType
    subject: Any
    steps: tuple[str, ...]
    raw: bool = False


def segments(path: str) -> list[Segment]:
    """The steps of a path; Absent when it is none."""
    found, at = list[Segment](), 0
    while at < len(path):
        match = _SEGMENT.match(path, at)
        if match is None or len(path) > LONGEST or len(found) == MOST_SEGMENTS or "\0" in path:
            raise Absent(
                f"path, character {at + 1}", "this leads nowhere", "Paths begin with a set of the service root."
            )
        name, text, number = match.groups()
        found.append(Segment(name, number if text is None else text.replace("''", "'")))
        at = match.end()
    return found


class Walk:
    """Follows a path, step by step."""

    def __init__(self, world: World, root: str) -> None:
        self._world = world
        self._root = root

    def to(self, path: str) -> AtSet | AtEntity | AtProperty:
        """Where the path leads; Absent when nowhere, or to what the asker may not see."""
        first, *rest = segments(path)
        entity = SETS.get(first.name)
        if entity is None:
            raise Absent(first.name[:60], "there is no such set", "The service root lists the sets.")
        whole = AtSet(entity, None, f"{self._root}/{entity.plural}")
        here: AtSet | AtEntity | AtProperty = whole
        if first.key is not None:
            here = self._member(whole, first.key, self._world.find(entity, first.key))
        for segment in rest:
            here = self._step(here, segment)
        return here

    def _step(self, here: AtSet | AtEntity | AtProperty, segment: Segment) -> AtSet | AtEntity | AtProperty:
        if here.raw if isinstance(here, AtProperty) else here.references:
            raise Absent(segment.name[:60], "nothing can follow here")
        step = _SPECIAL.get((type(here), segment.name))
        if step and segment.key is None:
            return step(here)
        if isinstance(here, AtEntity):
            if relation := here.entity.relations.get(segment.name):
                return self._along(here, relation, segment)
            if segment.name in here.entity.properties and segment.key is None:
                return AtProperty(here.entity, here.subject, (segment.name,))
            raise Absent(segment.name[:60], f"a {here.entity.name} has no such property or relation")
        if isinstance(here, AtProperty) and segment.key is None:
            return AtProperty(here.entity, here.subject, (*here.steps, segment.name))
        raise Absent(segment.name[:60], "nothing can follow here")

    def _along(self, here: AtEntity, relation: Relation, segment: Segment) -> AtSet | AtEntity:
        target, world = TYPES[relation.target], self._world
        if not relation.many:
            found = world.one(here.entity, relation.name, here.subject)
            if found is None or segment.key is not None:
                raise Absent(segment.name, f"this {here.entity.name} has none")
            return AtEntity(target, found)
        link = f"{self._root}/{here.entity.plural}({key_in_link(here.entity.id(here.subject))})/{relation.name}"
        there = AtSet(target, (here.entity, relation, here.subject), link)
        if segment.key is None:
            return there
        found = world.find(target, segment.key)
        if found is not None and not world.holds(here.entity, relation.name, here.subject, found):
            found = None
        return self._member(there, segment.key, found)

    def _member(self, here: AtSet, key: str, found: Any) -> AtEntity:
        if found is None:
            shown = f"{here.entity.plural}('{key[:60]}')"
            raise Absent(shown, f"there is no such {here.entity.name}", "It may be of a farm that you do not see.")
        return AtEntity(here.entity, found)


_SPECIAL: dict[tuple[type, str], Callable[[Any], AtSet | AtEntity | AtProperty]] = {
    (AtSet, "$ref"): lambda here: AtSet(here.entity, here.origin, f"{here.link}/$ref", references=True),
    (AtEntity, "$ref"): lambda here: AtEntity(here.entity, here.subject, references=True),
    (AtProperty, "$value"): lambda here: AtProperty(here.entity, here.subject, here.steps, raw=True),
}

"""Values at the end of a path, over related entities and into properties that are JSON."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from cloud.things.model import EntityType, Relation

Get = Callable[[Any], Any]
Hop = tuple[EntityType, Relation]


class Ways(Protocol):
    """How related entities are reached."""

    now_s: float

    def one(self, entity: EntityType, relation: str, subject: Any) -> Any:
        """The related entity, None when there is none."""

    def each(self, entity: EntityType, relation: str, subject: Any) -> Iterable[Any]:
        """The related entities of a set."""


def along(ways: Ways, hops: list[Hop], get: Get) -> tuple[Get, bool]:
    """What `get` gives at the end of the hops, and whether those are several values."""
    many = False
    for entity, relation in reversed(hops):
        hop = _through if relation.many else _over
        get = hop(ways, entity, relation.name, get, many)
        many = many or relation.many
    return get, many


def _over(ways: Ways, entity: EntityType, relation: str, get: Get, many: bool) -> Get:
    def over(subject: Any) -> Any:
        found = ways.one(entity, relation, subject)
        if found is None:
            return () if many else None
        return get(found)

    return over


def _through(ways: Ways, entity: EntityType, relation: str, get: Get, many: bool) -> Get:
    def through(subject: Any) -> Iterator[Any]:
        for found in ways.each(entity, relation, subject):
            if many:
                yield from get(found)
            else:
                yield get(found)

    return through


def into(get: Get, steps: tuple[str, ...]) -> Get:
    """A part of what `get` gives, where that is JSON; None where there is no such part."""
    if not steps:
        return get

    def part(subject: Any) -> Any:
        found = get(subject)
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        return found

    return part

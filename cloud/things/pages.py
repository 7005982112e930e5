"""Sets as JSON: filtered, ordered, counted, a page at a time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cloud.things.bounds import span_of
from cloud.things.entities import TYPES
from cloud.things.links import entity_link, next_link
from cloud.things.meaning import Meaning
from cloud.things.model import EntityType
from cloud.things.ordering import by_time, ordered
from cloud.things.paths import AtSet
from cloud.things.scan import Mark, Parts, Spent, Wish, read_mark
from cloud.things.streams import wanted
from cloud.things.syntax import Expansion, Options
from cloud.things.world import World
from cloud.things.writing import Writer

DEFAULT_TOP = 100
MOST_TOP = 1000
Found = Iterator[tuple[Any, Mark | None]]


@dataclass
class Page:
    """What goes into an answer: its entities, how many match in all, and where the next page begins."""

    top: int
    skip: int
    resumes: bool
    subjects: list[Any] = field(default_factory=list)
    matching: int = 0
    mark: Mark | None = None
    more: bool = False
    cut: bool = False


class Pages:
    """Writes sets for one request."""

    def __init__(self, world: World, root: str) -> None:
        self._world = world
        self._root = root
        self.writer = Writer(root, self._related)

    def page(self, here: AtSet, options: Options) -> dict[str, Any]:
        """A page of a set."""
        meaning = Meaning(here.entity, self._world, "$filter")
        keeps = meaning.condition(options.filter) if options.filter is not None else None
        in_memory = bool(options.orderby) and _timely(here, options) is None
        resumes = here.entity.name == "Observation" and not in_memory
        page = Page(DEFAULT_TOP if options.top is None else min(options.top, MOST_TOP), options.skip, resumes)
        found = self._scanned(here, options, meaning) if here.entity.name == "Observation" else self._listed(here)
        if in_memory:
            meant = Meaning(here.entity, self._world, "$orderby")
            kept = (subject for subject, _ in found if keeps is None or keeps(subject))
            found = ((subject, None) for subject in ordered(kept, options.orderby, meant))
            keeps = None
        _fill(page, found, keeps, options.count)
        return self._written(page, here, options)

    def _listed(self, here: AtSet) -> Found:
        return ((subject, None) for subject in self._each(here))

    def _scanned(self, here: AtSet, options: Options, meaning: Meaning) -> Found:
        after = read_mark(options.token) if options.token else None
        streams = wanted(options.filter, meaning)
        wish = Wish(span_of(options.filter, meaning), _timely(here, options), streams, after)
        return self._world.scanner.scan(self._parts(here), wish)

    def _each(self, here: AtSet) -> Iterable[Any]:
        if here.origin is None:
            return self._world.all(here.entity)
        entity, relation, subject = here.origin
        return self._world.each(entity, relation.name, subject)

    def _parts(self, here: AtSet) -> Parts:
        return self._world.parts(*((here.origin[0], here.origin[2]) if here.origin else (None, None)))

    def _written(self, page: Page, here: AtSet, options: Options) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if options.count:
            found["@iot.count"] = page.matching
            if page.cut:
                found["@pondkeeper.countIsAtLeast"] = True
        if page.more and page.top:
            token = str(page.mark) if page.mark else ""
            skip = max(0, page.skip - page.matching) if token else options.skip + page.top
            found["@iot.nextLink"] = next_link(here.link, options.written, skip=skip, token=token)
        write = self.writer.reference if here.references else self._entity(options)
        return found | {"value": [write(here.entity, subject) for subject in page.subjects]}

    def _entity(self, options: Options) -> Callable[[EntityType, Any], dict[str, Any]]:
        return lambda entity, subject: self.writer.entity(entity, subject, options)

    def _related(self, entity: EntityType, expansion: Expansion, subject: Any) -> dict[str, Any]:
        """What stands in an entity under an expanded relation."""
        relation = entity.relations[expansion.relation]
        target, name = TYPES[relation.target], relation.name
        if not relation.many:
            found = self._world.one(entity, name, subject)
            return {name: None if found is None else self.writer.entity(target, found, expansion.options)}
        link = f"{entity_link(self._root, entity, entity.id(subject))}/{name}"
        page = self.page(AtSet(target, (entity, relation, subject), link), expansion.options)
        value = page.pop("value")
        return {name: value} | {f"{name}{key}": told for key, told in page.items()}


def _timely(here: AtSet, options: Options) -> bool | None:
    """As `by_time`; None too for what is no observation."""
    return by_time(options.orderby) if here.entity.name == "Observation" else None


def _fill(page: Page, found: Found, keeps: Callable[[Any], bool] | None, count: bool) -> None:
    """Put into a page what belongs on it; count on behind it, if that is asked, as far as one request may read."""
    while True:
        try:
            subject, mark = next(found)
        except StopIteration:
            return
        except Spent as spent:
            if len(page.subjects) < page.top and (spent.mark is None or not page.resumes):
                raise
            page.mark = page.mark if page.more else spent.mark
            page.cut = page.more = True
            return
        if keeps is not None and not keeps(subject):
            continue
        if len(page.subjects) < page.top:
            if page.matching >= page.skip:
                page.subjects.append(subject)
            page.mark = mark
        elif page.matching >= page.skip:
            page.more = True
            if not count:
                return
        page.matching += 1

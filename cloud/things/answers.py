"""One request's answer: from path and query to JSON or text."""

import json
from typing import Any

from cloud.things.conformance import CONFORMANCE
from cloud.things.entities import SETS
from cloud.things.options import read_options
from cloud.things.pages import Pages
from cloud.things.paths import AtEntity, AtProperty, AtSet, Walk
from cloud.things.refusals import Absent, Invalid
from cloud.things.syntax import Options
from cloud.things.world import World
from cloud.things.writing import check, only_entity, shown


def answer(world: World, root: str, path: str, query: str) -> dict[str, Any] | str | None:
    """What a path shows: JSON, or text for a property's $value; None for null. Raises Refusal."""
    options = read_options(query)
    if not path:
        _none(options)
        return service(root)
    here = Walk(world, root).to(path)
    if isinstance(here, AtProperty):
        _none(options)
        return _property(here)
    if here.references and (options.select is not None or options.expand):
        raise Invalid("$ref", "addresses have no properties to select or expand")
    check(here.entity, options)
    pages = Pages(world, root)
    if isinstance(here, AtSet):
        return pages.page(here, options)
    only_entity(options, "one entity's address")
    return _entity(pages, here, options)


def service(root: str) -> dict[str, Any]:
    """The service root: the sets, and what of the standard is built."""
    sets = [{"name": name, "url": f"{root}/{name}"} for name in SETS]
    return {"value": sets, "serverSettings": {"conformance": CONFORMANCE}}


def _entity(pages: Pages, here: AtEntity, options: Options) -> dict[str, Any]:
    if here.references:
        return pages.writer.reference(here.entity, here.subject)
    return pages.writer.entity(here.entity, here.subject, options)


def _property(here: AtProperty) -> dict[str, Any] | str | None:
    first, *rest = here.steps
    found = shown(here.entity.properties[first], here.subject)
    for step in rest:
        if not isinstance(found, dict) or step not in found:
            raise Absent(step[:60], "there is no such part")
        found = found[step]
    if found is None:
        return None
    if not here.raw:
        return {here.steps[-1]: found}
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def _none(options: Options) -> None:
    if options.written:
        raise Invalid(options.written[0][0], "there is nothing here that it could apply to")

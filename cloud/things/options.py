"""Query options: of the whole request, and in brackets of a relation in $expand."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

from cloud.things.lexer import LONGEST
from cloud.things.parser import Parser
from cloud.things.refusals import Invalid, NotBuilt
from cloud.things.syntax import Expansion, Options

MOST_EXPANSIONS = 30
MOST_WRITTEN = 8
LARGEST_NUMBER = 1_000_000_000
NOT_BUILT = ("resultFormat", "apply", "search", "compute", "format")


def read_options(query: str) -> Options:
    """The options of a request's query; what begins with no $ is somebody else's. Invalid when one makes no sense."""
    if len(query) > 2 * LONGEST:
        raise Invalid("query", f"{len(query)} characters, at most {2 * LONGEST} are read")
    found: dict[str, Any] = {}
    written: list[tuple[str, str]] = []
    for pair in query.split("&"):
        name, _, text = (unquote_plus(part) for part in pair.partition("="))
        if not name.startswith("$"):
            continue
        parser = Parser(text, name[:20])
        _one(parser, name[1:], found)
        parser.end()
        written.append((name, text))
    return Options(**found, written=tuple(written))


def _one(parser: Parser, name: str, found: dict[str, Any]) -> None:
    """One option into what is found so far."""
    if name in NOT_BUILT:
        raise NotBuilt(f"${name}", "this option is not built here", "The service root lists what is.")
    field, read = _READERS.get(name, ("", _select))
    if not field:
        raise Invalid(f"${name[:20]}", "there is no such option", "Options are $filter, $select, $expand and others.")
    if field in found:
        raise Invalid(f"${name}", "it stands there twice")
    found[field] = read(parser)


def _select(parser: Parser) -> tuple[str, ...]:
    found = [_name(parser)]
    while parser.takes(","):
        found.append(_name(parser))
    return tuple(found)


def _name(parser: Parser) -> str:
    if parser.word.sort != "name":
        raise parser.fault(f"a name is missing before {parser.shown()}")
    return parser.take().text


def _number(parser: Parser) -> int:
    word = parser.take()
    if word.sort != "number" or not word.text.isdigit() or int(word.text) > LARGEST_NUMBER:
        raise parser.fault(f"a whole number from 0 to {LARGEST_NUMBER} is needed", word.at)
    return int(word.text)


def _yes(parser: Parser) -> bool:
    word = parser.take()
    if word.text not in ("true", "false"):
        raise parser.fault("true or false is needed", word.at)
    return word.text == "true"


def _expansions(parser: Parser) -> tuple[Expansion, ...]:
    found = [_expansion(parser)]
    while parser.takes(","):
        found.append(_expansion(parser))
        if len(found) > MOST_EXPANSIONS:
            raise parser.fault(f"more than {MOST_EXPANSIONS} relations")
    return tuple(found)


def _expansion(parser: Parser) -> Expansion:
    """A relation, or a path of them; the options in brackets are the last one's."""
    word = parser.word
    relation = _name(parser)
    if parser.takes("/"):
        inner: Expansion = parser.deeper(lambda: _expansion(parser))
        written = (("$expand", parser.text[inner.at : parser.word.at]),)
        return Expansion(relation, Options(expand=(inner,), written=written), word.at)
    options = parser.deeper(lambda: _in_brackets(parser)) if parser.takes("(") else Options()
    return Expansion(relation, options, word.at)


def _in_brackets(parser: Parser) -> Options:
    found: dict[str, Any] = {}
    written: list[tuple[str, str]] = []
    while True:
        parser.expect("$")
        name = _name(parser)
        parser.expect("=")
        begin = parser.word.at
        _one(parser, name, found)
        written.append((f"${name}", parser.text[begin : parser.word.at]))
        if parser.takes(")"):
            return Options(**found, written=tuple(written))
        parser.expect(";")
        if len(written) > MOST_WRITTEN:
            raise parser.fault("too many options")


_READERS: dict[str, tuple[str, Callable[[Parser], Any]]] = {
    "select": ("select", _select),
    "expand": ("expand", _expansions),
    "top": ("top", _number),
    "skip": ("skip", _number),
    "count": ("count", _yes),
    "orderby": ("orderby", Parser.orders),
    "filter": ("filter", Parser.expression),
    "skiptoken": ("token", Parser.rest),
}

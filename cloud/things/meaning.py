"""What an expression means for the entities of one type: names found, kinds checked, and a function that reckons it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cloud.things.entities import TYPES
from cloud.things.functions import FUNCTIONS, NOT_BUILT, Function
from cloud.things.model import ID, EntityType
from cloud.things.operators import COMPARISONS, arithmetic, as_number, begun, comparable
from cloud.things.reach import Get, Hop, Ways, along, into
from cloud.things.refusals import Invalid, NotBuilt
from cloud.things.syntax import Call, Group, Kind, Node, Not, Operation, Path, Value


@dataclass(frozen=True)
class Term:
    """A part with its meaning. `many`: `get` gives several values, one of a related set each; `fixed`: no entity matters."""

    kind: Kind
    get: Get
    many: bool = False
    fixed: bool = False


class Meaning:
    """Finds the meaning of expressions about one entity type."""

    def __init__(self, entity: EntityType, ways: Ways, option: str) -> None:
        self._entity = entity
        self._ways = ways
        self._option = option

    def condition(self, node: Node) -> Callable[[Any], bool]:
        """A whole filter; Invalid when it is no condition."""
        found = self._condition(node)
        return lambda subject: found.get(subject) is True

    def value(self, node: Node) -> Term:
        """An expression with one value; Invalid when it would have several."""
        found = self.term(node)
        if found.many:
            raise self._invalid(node, "this has several values, one of each related entity")
        return found

    def term(self, node: Node) -> Term:
        """Any expression."""
        match node:
            case Value():
                value = node.value
                return Term(node.kind, lambda _: value, fixed=True)
            case Path():
                return self._path(node)
            case Call():
                return self._call(node)
            case Operation():
                return self._operation(node)
            case Group():
                return self._group(node)
            case Not():
                part = self._condition(node.part)
                return Term("bool", lambda subject: part.get(subject) is not True, fixed=part.fixed)

    def _condition(self, node: Node) -> Term:
        found = self.term(node)
        if found.kind not in ("bool", "any", "null"):
            raise self._invalid(node, f"a condition is needed here, this is a {found.kind}")
        if not found.many:
            return found
        return Term("bool", lambda subject: any(value is True for value in found.get(subject)))

    def _group(self, node: Group) -> Term:
        parts = [self._condition(part) for part in node.parts]
        gets = [part.get for part in parts]
        meet = all if node.name == "and" else any
        fixed = all(part.fixed for part in parts)
        return Term("bool", lambda subject: meet(get(subject) is True for get in gets), fixed=fixed)

    def _operation(self, node: Operation) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        if node.name in COMPARISONS:
            if not comparable(left.kind, right.kind):
                raise self._invalid(node, f"{left.kind} and {right.kind} cannot be compared")
            if {left.kind, right.kind} == {"time", "day"}:
                left, right = self._begun(left), self._begun(right)
            return self._lift(node, "bool", COMPARISONS[node.name], [left, right])
        found = arithmetic(node.name, left.kind, right.kind)
        if found is None:
            raise self._invalid(node, f"{node.name} does not take {left.kind} and {right.kind}")
        return self._lift(node, found[0], found[1], [left, right])

    def _begun(self, term: Term) -> Term:
        if term.kind != "day":
            return term
        get = term.get
        if term.many:
            return Term("time", lambda subject: (begun(day) for day in get(subject)), many=True)
        return Term("time", lambda subject: begun(get(subject)), fixed=term.fixed)

    def _call(self, node: Call) -> Term:
        if node.name == "now" and not node.arguments:
            now_s = self._ways.now_s
            return Term("time", lambda _: now_s, fixed=True)
        if node.name in NOT_BUILT:
            raise NotBuilt(
                self._place(node), f"{node.name} is not built here", "geo.distance, st_within and others are."
            )
        function = FUNCTIONS.get(node.name)
        if function is None:
            raise self._invalid(node, f"there is no function {node.name[:40]}")
        if not function.fewest <= len(node.arguments) <= len(function.kinds):
            raise self._invalid(
                node, f"{node.name} takes {len(function.kinds)} arguments, here are {len(node.arguments)}"
            )
        terms = [self.term(argument) for argument in node.arguments]
        for term, wanted in zip(terms, function.kinds, strict=False):
            if term.kind not in wanted.split("|") and term.kind not in ("any", "null"):
                raise self._invalid(node, f"{node.name} takes {wanted.replace('|', ' or ')}, this is {term.kind}")
        return self._lift(node, function.gives, _careful(function, terms), terms)

    def _lift(self, node: Node, kind: Kind, run: Callable[..., Any], terms: list[Term]) -> Term:
        """A function of values as a function of an entity; of a set it gives as many values as the set has entities."""
        several = [place for place, term in enumerate(terms) if term.many]
        if len(several) > 1:
            raise self._invalid(node, "both sides are sets", "Compare one set with one value.")
        gets = [term.get for term in terms]
        if not several:
            fixed = all(term.fixed for term in terms)
            return Term(kind, lambda subject: run(*(get(subject) for get in gets)), fixed=fixed)
        place = several[0]

        def spread(subject: Any) -> Iterator[Any]:
            others = [None if index == place else get(subject) for index, get in enumerate(gets)]
            for value in gets[place](subject):
                others[place] = value
                yield run(*others)

        return Term(kind, spread, many=True)

    def _path(self, node: Path) -> Term:
        entity, hops = self._entity, list[Hop]()
        for place, step in enumerate(node.steps):
            if step in ID:
                self._ends(node, place)
                return self._reached(hops, "text", entity.id)
            if relation := entity.relations.get(step):
                hops.append((entity, relation))
                entity = TYPES[relation.target]
            elif found := entity.properties.get(step):
                rest = node.steps[place + 1 :]
                if rest and found.kind not in ("any", "geo"):
                    self._ends(node, place)
                return self._reached(hops, "any" if rest else found.kind, into(found.get, rest))
            else:
                raise self._invalid(node, f"{entity.name} has no {step[:40]}", "The service root lists the sets.")
        raise self._invalid(node, f"{'/'.join(node.steps)[:80]} is an entity", "Name one of its properties.")

    def _ends(self, node: Path, place: int) -> None:
        if len(node.steps) > place + 1:
            raise self._invalid(node, f"{node.steps[place]} has no parts")

    def _reached(self, hops: list[Hop], kind: Kind, get: Get) -> Term:
        reached, many = along(self._ways, hops, get)
        return Term(kind, reached, many=many)

    def _place(self, node: Node) -> str:
        return f"{self._option}, character {node.at + 1}"

    def _invalid(self, node: Node, cause: str, advice: str = "") -> Invalid:
        return Invalid(self._place(node), cause, advice)


def _careful(function: Function, terms: list[Term]) -> Callable[..., Any]:
    """The function, null for null, and for what JSON holds in place of the kind it takes."""
    checks = [
        _CHECKS.get(wanted, _never) if term.kind == "any" else _given
        for term, wanted in zip(terms, function.kinds, strict=False)
    ]
    number = function.gives == "number"

    def run(*values: Any) -> Any:
        if any(value is None or not fits(value) for value, fits in zip(values, checks, strict=True)):
            return None
        found = function.run(*values)
        return float(found) if number and found is not None else found

    return run


def _given(_: Any) -> bool:
    return True


def _never(_: Any) -> bool:
    return False


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: as_number(value) is not None,
}

"""What an expression is made of. `at` is the place in the text, counted from 0."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind: TypeAlias = Literal["bool", "number", "text", "time", "day", "clock", "duration", "geo", "any", "null"]


@dataclass(frozen=True, slots=True)
class Value:
    """A literal."""

    kind: Kind
    value: Any
    at: int


@dataclass(frozen=True, slots=True)
class Path:
    """A property, perhaps of a related entity: Datastream/Thing/name."""

    steps: tuple[str, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Two sides and what joins them: a comparison or arithmetic."""

    name: str
    left: "Node"
    right: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all ("and") or one ("or") must hold."""

    name: Literal["and", "or"]
    parts: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    part: "Node"
    at: int


Node: TypeAlias = Value | Path | Call | Operation | Group | Not


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order."""

    by: Node
    descending: bool


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks of a set or an entity; `written` are the options as they stood, for the next page's link."""

    select: tuple[str, ...] | None = None
    expand: tuple["Expansion", ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    orderby: tuple[Order, ...] = ()
    filter: Node | None = None
    token: str = ""
    written: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """A relation whose entities stand in the answer, with options of their own."""

    relation: str
    options: Options
    at: int

"""From words to an expression, by recursive descent; the loosest operator first."""

from collections.abc import Callable
from typing import Any

from cloud.things.geo import read_geometry
from cloud.things.lexer import Word, words
from cloud.things.refusals import Invalid
from cloud.things.syntax import Call, Group, Node, Not, Operation, Order, Path, Value
from cloud.things.times import read_clock, read_day, read_duration, read_moment

DEEPEST = 24
LONGEST_CHAIN = 40
MOST_CONDITIONS = 200
MOST_STEPS = 8
LARGEST = 1e300
CONSTANTS: dict[str, Value] = {
    "true": Value("bool", True, 0),
    "false": Value("bool", False, 0),
    "null": Value("null", None, 0),
}
LEVELS = (("eq", "ne"), ("gt", "ge", "lt", "le"), ("add", "sub"), ("mul", "div", "mod"))


class Parser:
    """Reads one option's value word by word; each method takes what it names and stops at the next word."""

    def __init__(self, text: str, option: str) -> None:
        self.text = text
        self.option = option
        self._words = words(text, option)
        self._next = 0
        self._depth = 0

    @property
    def word(self) -> Word:
        """The word that comes next."""
        return self._words[self._next]

    def take(self) -> Word:
        """The next word, passed."""
        found = self.word
        self._next += found.sort != "end"
        return found

    def takes(self, text: str) -> bool:
        """True, and passed, when the next word is this one."""
        if self.word.sort in ("name", "sign") and self.word.text == text:
            self._next += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Pass this word; Invalid when another stands there."""
        if not self.takes(text):
            raise self.fault(f"{text!r} is missing before {self.shown()}")

    def end(self) -> None:
        """Nothing more may stand here."""
        if self.word.sort != "end":
            raise self.fault(f"{self.shown()} is one word too many")

    def rest(self) -> str:
        """All that is left, as it stands."""
        found = self.text[self.word.at :]
        self._next = len(self._words) - 1
        return found

    def shown(self) -> str:
        """The next word for a message."""
        return repr(self.word.text[:40]) if self.word.text else "the end"

    def fault(self, cause: str, at: int | None = None, advice: str = "") -> Invalid:
        """What is wrong, and at which character."""
        place = self.word.at if at is None else at
        return Invalid(f"{self.option}, character {place + 1}", cause, advice)

    def deeper(self, read: Callable[[], Any]) -> Any:
        """Read something nested; Invalid beyond a depth that nobody writes by hand."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.fault(f"nested more than {DEEPEST} deep")
        found = read()
        self._depth -= 1
        return found

    def orders(self) -> tuple[Order, ...]:
        """Keys with asc or desc, between commas."""
        found = [self._order()]
        while self.takes(","):
            found.append(self._order())
        return tuple(found)

    def _order(self) -> Order:
        by = self.expression()
        descending = self.takes("desc")
        if not descending:
            self.takes("asc")
        return Order(by, descending)

    def expression(self) -> Node:
        """A whole expression."""
        return self._group("or", lambda: self._group("and", self._opposite))

    def _group(self, name: Any, read: Callable[[], Node]) -> Node:
        at, parts = self.word.at, [read()]
        while self.takes(name):
            parts.append(read())
            if len(parts) > MOST_CONDITIONS:
                raise self.fault(f"more than {MOST_CONDITIONS} conditions")
        return parts[0] if len(parts) == 1 else Group(name, tuple(parts), at)

    def _opposite(self) -> Node:
        at = self.word.at
        if self.takes("not"):
            return Not(self.deeper(self._opposite), at)
        return self._operation(0)

    def _operation(self, level: int) -> Node:
        if level == len(LEVELS):
            return self._single()
        found, chain = self._operation(level + 1), 0
        while self.word.sort == "name" and self.word.text in LEVELS[level]:
            word, chain = self.take(), chain + 1
            if chain > LONGEST_CHAIN:
                raise self.fault(f"more than {LONGEST_CHAIN} operators in a row")
            found = Operation(word.text, found, self._operation(level + 1), word.at)
        return found

    def _single(self) -> Node:
        word = self.word
        if self.takes("("):
            found: Node = self.deeper(self.expression)
            self.expect(")")
            return found
        if self.takes("-"):
            return Operation("sub", Value("number", 0.0, word.at), self.deeper(self._single), word.at)
        if word.sort == "name":
            return self._named()
        if word.sort in READERS:
            self.take()
            return self._literal(word)
        raise self.fault(f"a value is missing before {self.shown()}")

    def _literal(self, word: Word) -> Value:
        try:
            kind, read = READERS[word.sort]
            return Value(kind, read(word.text), word.at)
        except ValueError as error:
            raise self.fault(f"there is no such {NAMES[word.sort]}: {word.text[:40]}", word.at) from error

    def _named(self) -> Node:
        word = self.take()
        if self.takes("("):
            return Call(word.text, self.deeper(self._arguments), word.at)
        if word.text in CONSTANTS:
            constant = CONSTANTS[word.text]
            return Value(constant.kind, constant.value, word.at)
        return Path(self.steps(word), word.at)

    def _arguments(self) -> tuple[Node, ...]:
        found: list[Node] = []
        if self.takes(")"):
            return ()
        while True:
            found.append(self.expression())
            if self.takes(")"):
                return tuple(found)
            self.expect(",")

    def steps(self, first: Word) -> tuple[str, ...]:
        """The names of a path whose first is passed already."""
        found = [first.text]
        while self.takes("/"):
            if self.word.sort != "name":
                raise self.fault(f"a name is missing before {self.shown()}")
            found.append(self.take().text)
            if len(found) > MOST_STEPS:
                raise self.fault(f"a path of more than {MOST_STEPS} steps")
        return tuple(found)


def _number(text: str) -> float:
    found = float(text)
    if abs(found) > LARGEST:
        raise ValueError(text)
    return found


def _quoted(text: str) -> str:
    return text[1:-1].replace("''", "'")


READERS: dict[str, tuple[Any, Callable[[str], Any]]] = {
    "number": ("number", _number),
    "text": ("text", _quoted),
    "time": ("time", read_moment),
    "day": ("day", read_day),
    "clock": ("clock", read_clock),
    "duration": ("duration", lambda text: read_duration(text[len("duration'") : -1])),
    "geo": ("geo", lambda text: read_geometry(text[len("geography'") : -1])),
}
NAMES = {
    "number": "number",
    "text": "text",
    "time": "moment",
    "day": "day",
    "clock": "time of day",
    "duration": "duration (days to seconds, as PT10M)",
    "geo": "point or polygon in WKT, longitude first",
}

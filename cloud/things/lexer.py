"""The words of a query option."""

import re
from dataclasses import dataclass

from cloud.things.refusals import Invalid

LONGEST = 4000
# A '+' that a client left unencoded arrives as a space, so an offset may begin with one.
_PATTERN = re.compile(
    r"""
    (?P<space>[ \t]+)
  | (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+\- ]\d\d:\d\d))
  | (?P<day>\d{4}-\d\d-\d\d(?![\dT]))
  | (?P<clock>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)
  | (?P<number>-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+\-]?\d{1,3})?(?!\w))
  | (?P<duration>duration'[^']*')
  | (?P<geo>geography'[^']*')
  | (?P<text>'(?:[^']|'')*')
  | (?P<name>[^\W\d][\w.]*|@[\w.]+)
  | (?P<sign>[()/,;=$*:-])
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its sort, its text and where it begins; sort "end" after the last."""

    sort: str
    text: str
    at: int


def words(text: str, option: str) -> list[Word]:
    """The words of an option's value without the spaces; Invalid where none begins."""
    if len(text) > LONGEST:
        raise Invalid(option, f"{len(text)} characters, at most {LONGEST} are read", "Ask in several requests.")
    found, at = [], 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise Invalid(f"{option}, character {at + 1}", f"{text[at : at + 12]!r} is nothing that can stand here")
        if match.lastgroup != "space":
            found.append(Word(str(match.lastgroup), match.group(), at))
        at = match.end()
    return [*found, Word("end", "", len(text))]

"""Which samples of one boot of a node are stored: the ledger that makes a sample count once, however often it comes."""

import json
from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sequences:
    """Numbers as the stretches without holes that they make, in rising order: one stretch while nothing is missing."""

    stretches: tuple[tuple[int, int], ...] = ()

    @classmethod
    def read(cls, text: str) -> "Sequences":
        """What `written` wrote."""
        return cls(tuple((first, last) for first, last in json.loads(text)))

    def written(self) -> str:
        """As a text of JSON: [[first, last], ...]."""
        return json.dumps(self.stretches, separators=(",", ":"))

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.stretches, number, key=lambda stretch: stretch[0])
        return place > 0 and number <= self.stretches[place - 1][1]

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.stretches)

    def fresh(self, numbers: list[int]) -> list[int]:
        """The places in `numbers` of those that are new, each number once."""
        if self._follow(numbers):
            return list(range(len(numbers)))
        seen: set[int] = set()
        places = []
        for place, number in enumerate(numbers):
            if number not in seen and number not in self:
                places.append(place)
                seen.add(number)
        return places

    def with_numbers(self, numbers: list[int]) -> "Sequences":
        """These and those."""
        several = [(numbers[0], numbers[-1])] if self._follow(numbers) else [(number, number) for number in numbers]
        joined: list[tuple[int, int]] = []
        for first, last in sorted([*self.stretches, *several]):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(joined[-1][1], last))
            else:
                joined.append((first, last))
        return Sequences(tuple(joined))

    def _follow(self, numbers: list[int]) -> bool:
        """Whether these come one after the other behind all that are here, as they do while nothing is amiss."""
        begin = self.stretches[-1][1] + 1 if self.stretches else 0
        return bool(numbers) and numbers[0] >= begin and numbers == list(range(numbers[0], numbers[0] + len(numbers)))

"""Machines whose speed can be set, as steps of a plan: a drive counts for two notches, slow and full, others for one.

Slow is 0.7 of full speed. A paddlewheel's power follows speed^1.6 (Peterson & Walker 2002); that its oxygen follows its
power, the same kilograms for each kilowatt-hour, is what is believed until somebody measures more.
"""

from collections.abc import Iterable, Sequence

SLOW_SPEED = 0.7
POWER_EXPONENT = 1.6


def power_share(speed: float) -> float:
    """Of full power, at a fraction of full speed."""
    return float(max(0.0, speed) ** POWER_EXPONENT)


class Notches:
    """Of one pond; `drives` are the machines whose speed can be set."""

    def __init__(self, drives: Iterable[int]) -> None:
        self.drives = frozenset(drives)

    def count(self, machines: Iterable[int]) -> int:
        """Notches of these machines at full speed."""
        return sum(2 if at in self.drives else 1 for at in machines)

    def wanted(self, machines: Sequence[int], slow: frozenset[int]) -> int:
        """Notches of these machines, some of them slow."""
        return self.count(machines) - len(slow.intersection(machines))

    def sums(self, order: Sequence[int], full: Sequence[float]) -> tuple[float, ...]:
        """Power or transfer of the first n notches, from none to all; `full` has one value for each machine in `order`."""
        sums = [0.0]
        for at, value in zip(order, full, strict=True):
            if at in self.drives:
                sums.append(sums[-1] + value * power_share(SLOW_SPEED))
                sums.append(sums[-2] + value)
            else:
                sums.append(sums[-1] + value)
        return tuple(sums)

    def machines(self, order: Sequence[int]) -> tuple[int, ...]:
        """How many machines turn at the first n notches, from none to all."""
        turning = [0]
        for nth, at in enumerate(order, 1):
            turning += [nth] * self.count([at])
        return tuple(turning)

    def slowed(self, chosen: Sequence[int], notches: int) -> frozenset[int]:
        """Which of the chosen machines, best first, may run slow where so many notches are wanted; the last ones first."""
        spare = max(0, self.count(chosen) - notches)
        drives = [at for at in reversed(chosen) if at in self.drives]
        return frozenset(drives[:spare])

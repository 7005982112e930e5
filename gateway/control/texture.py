"""How a record's fine structure looks beside what it was: smooth, rough, or as it always is."""

import math

BLOCK_S = 900.0
PAUSE_BLOCKS = 2
MEMORY_S = 86_400.0
OWN_S = 7 * 86_400.0
DOUBTED_PACE = 0.1
DOUBTED = math.log(2.0)
SMALL = 1e-3


class Mean:
    """A mean that forgets with `memory_s`; the plain mean of what there is while there is less."""

    __slots__ = ("_last_s", "count", "memory_s", "value")

    def __init__(self, memory_s: float) -> None:
        self.memory_s = memory_s
        self.value = 0.0
        self.count = 0
        self._last_s = 0.0

    def take(self, now_s: float, value: float, pace: float = 1.0) -> None:
        """One value; `pace` below 1 lets it weigh less."""
        self.count += 1
        passed_s = now_s - self._last_s
        share = pace * max(passed_s / (self.memory_s + passed_s), 1 / self.count) if self.count > 1 else 1.0
        self.value += share * (value - self.value)
        self._last_s = now_s

    def restart(self) -> None:
        """Let the next values weigh as if they were the first."""
        self.count = 0


class Texture:
    """Fine structure of one quantity in steps of a quarter hour over a day, beside the same of the weeks before.

    Roughness is the mean of |x - mean of its two neighbours|; quickness is the mean square of the same over
    the day's variance. Both are told as ratios to what is usual here.
    `whiteness` is roughness over the mean step: 0.87 for noise without memory, 0.71 for a random walk, less for water.
    """

    def __init__(self) -> None:
        self.roughness = Mean(MEMORY_S)
        self.known_s = 0.0
        self._step = Mean(MEMORY_S)
        self._square = Mean(MEMORY_S)
        self._middle = Mean(MEMORY_S)
        self._variance = Mean(MEMORY_S)
        self._usual_roughness = Mean(OWN_S)
        self._usual_quickness = Mean(OWN_S)
        self._block = -1
        self._sum = 0.0
        self._rows = 0
        self._before: list[float] = []

    def take(self, now_s: float, value: float) -> bool:
        """One value; True when a quarter hour has just been closed."""
        block = int(now_s / BLOCK_S)
        if block == self._block:
            self._sum += value
            self._rows += 1
            return False
        closed = self._rows > 0
        if closed:
            self._close(now_s, self._sum / self._rows)
        if block > self._block + 1:
            self._before = []
        if block > self._block + PAUSE_BLOCKS:
            self.restart()
        self._block, self._sum, self._rows = block, value, 1
        return closed

    def restart(self) -> None:
        """Begin a new day, as after half an hour of silence or a service; what is usual stays."""
        self._before = []
        for mean in (self.roughness, self._step, self._square, self._middle, self._variance):
            mean.restart()

    @property
    def hours(self) -> float:
        """How many hours of the memory are filled."""
        return self.roughness.count * BLOCK_S / 3600

    @property
    def roughness_ratio(self) -> float:
        """Today's roughness over what is usual; 1 while nothing is known."""
        return math.exp(self._log_roughness() - self._usual_roughness.value) if self._usual_roughness.count else 1.0

    @property
    def quickness_ratio(self) -> float:
        """Today's share of quick changes over what is usual; 1 while nothing is known."""
        return math.exp(self._log_quickness() - self._usual_quickness.value) if self._usual_quickness.count else 1.0

    @property
    def whiteness(self) -> float:
        """0.87 for noise without memory."""
        return self.roughness.value / self._step.value if self._step.value > 0 else 0.0

    def _close(self, now_s: float, value: float) -> None:
        if len(self._before) == 2:
            older, old = self._before
            rough = abs(old - (older + value) / 2)
            self.roughness.take(now_s, rough)
            self._square.take(now_s, rough * rough)
            self._step.take(now_s, abs(value - old))
            self._middle.take(now_s, value)
            self._variance.take(now_s, (value - self._middle.value) ** 2)
            if self.hours >= MEMORY_S / 3600:
                self._learn(now_s)
        self._before = [*self._before[-1:], value]

    def _learn(self, now_s: float) -> None:
        """What is usual follows slowly, and ten times slower while today is twice as rough or half."""
        self.known_s += BLOCK_S
        rough = self._log_roughness()
        doubted = self._usual_roughness.count > 0 and abs(rough - self._usual_roughness.value) > DOUBTED
        pace = DOUBTED_PACE if doubted else 1.0
        self._usual_roughness.take(now_s, rough, pace)
        self._usual_quickness.take(now_s, self._log_quickness(), pace)

    def _log_roughness(self) -> float:
        return math.log(self.roughness.value + SMALL)

    def _log_quickness(self) -> float:
        return math.log((self._square.value + SMALL * SMALL) / (self._variance.value + SMALL))

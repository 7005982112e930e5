# Which of the wanted aerators run, and when each may start: order, stagger, power limit, rest of the motors.

_LONGEST_REST_S = 600
_HAND = 2


class Starts:
    # Stops happen at once; starts one at a time, the stagger apart. `coils` may run; `held` are wanted and wait.
    def __init__(self, settings, relays, now_ms: int) -> None:
        self.count = settings.aerators
        self.everything = (1 << self.count) - 1
        self.coils = relays.allowed()
        self.held = 0
        self.order = order_of(settings)
        self.centi_kw = power_of(settings)
        self._settings = settings
        self._relays = relays
        self._limit_kw = 0.0
        self._limit = 0
        self._started_ms = now_ms
        self._now_ms = now_ms
        self._rests_ms = [relays.rest_ms(aerator) for aerator in range(self.count)]
        self._keep()

    def step(self, target: int, idle: int, now_ms: int) -> None:
        # `idle`: switched off at the panel and without current; where power is short they leave their share to others.
        self._pass_time(now_ms)
        hand = self._in_hand()
        wanted = target & ~self._resting()
        chosen = self._fitting(wanted, hand, self.coils & ~idle, wanted & ~idle)
        for aerator in range(self.count):
            if self.coils & ~chosen & 1 << aerator:
                self._stop(aerator)
        for aerator in self.order:
            if now_ms - self._started_ms < self._settings.stagger_ms:
                break
            if chosen & ~self.coils & 1 << aerator:
                self._start(aerator, now_ms)
        self.held = target & ~self.coils
        self._keep()

    def running_centi_kw(self) -> int:
        # Power of the aerators that may run, those in hand among them.
        return self._power(self.coils | self._in_hand())

    def _fitting(self, wanted: int, hand: int, first: int, second: int) -> int:
        # As many of `wanted` as the limit allows, at least one where nothing runs by hand: those of `first` before those
        # of `second` before the rest, each in the pond's order.
        limit = self._limit_centi_kw()
        used = self._power(hand & ~wanted)
        chosen = 0
        for rank in (first, second, wanted):
            for aerator in self.order:
                bit = 1 << aerator
                if wanted & rank & ~chosen & bit:
                    if not limit or not used or used + self.centi_kw[aerator] <= limit:
                        chosen |= bit
                        used += self.centi_kw[aerator]
        return chosen

    def _limit_centi_kw(self) -> int:
        # Computed anew only when the setting changed: fractions take memory, and this runs ten times a second.
        if self._limit_kw != self._settings.power_limit_kw:
            self._limit_kw = self._settings.power_limit_kw
            self._limit = int(self._limit_kw * 100 + 0.5)
        return self._limit

    def _pass_time(self, now_ms: int) -> None:
        passed_ms = now_ms - self._now_ms
        self._now_ms = now_ms
        for aerator in range(self.count):
            self._rests_ms[aerator] = max(self._rests_ms[aerator] - passed_ms, 0)

    def _resting(self) -> int:
        mask = 0
        for aerator in range(self.count):
            if self._rests_ms[aerator] and not self.coils & 1 << aerator:
                mask |= 1 << aerator
        return mask

    def _in_hand(self) -> int:
        hoa = self._relays.hoa()
        mask = 0
        for aerator in range(self.count):
            if hoa >> 2 * aerator & 3 == _HAND:
                mask |= 1 << aerator
        return mask

    def _power(self, mask: int) -> int:
        total = 0
        for aerator in range(self.count):
            if mask & 1 << aerator:
                total += self.centi_kw[aerator]
        return total

    def _stop(self, aerator: int) -> None:
        self.coils &= ~(1 << aerator)
        self._rests_ms[aerator] = min(self._settings.min_off_s, _LONGEST_REST_S) * 1000
        self._keep()
        self._relays.allow(aerator, False)

    def _start(self, aerator: int, now_ms: int) -> None:
        self.coils |= 1 << aerator
        self._rests_ms[aerator] = 0
        self._started_ms = now_ms
        self._relays.allow(aerator, True)

    def _keep(self) -> None:
        self._relays.keep(self._fitting(self.everything, 0, self.coils, self.everything), self._rests_ms)


def order_of(settings) -> "list[int]":
    # The pond's order of machines; those that the settings leave out come last.
    order = []
    for aerator in settings.start_order:
        if aerator in range(settings.aerators) and aerator not in order:
            order.append(aerator)
    return order + [aerator for aerator in range(settings.aerators) if aerator not in order]


def power_of(settings) -> "list[int]":
    # In hundredths of a kilowatt, 0 where nobody said.
    known = len(settings.power_kw)
    return [int(settings.power_kw[i] * 100 + 0.5) if i < known else 0 for i in range(settings.aerators)]

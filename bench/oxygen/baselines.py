"""Controllers to measure against. Each runs all machines while its probe says nothing."""

from simple_pid import PID

from bench.oxygen.seen import Facts, Seen


class Counting:
    """Base of those that decide how many machines run; machines that run go on, so that a step moves one."""

    name = ""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.alarms: list[tuple[int, str]] = []

    def minute(self, seen: Seen) -> list[bool]:
        """So many machines as this controller wants, mixing included."""
        wanted = self.facts.machines if seen.do_mg_l is None else self.count(seen, seen.do_mg_l)
        wanted = max(wanted, self.facts.mixing)
        if seen.feeder_limit_kw is not None:
            wanted = min(wanted, int(seen.feeder_limit_kw / self.facts.power_kw + 1e-9))
        order = sorted(range(self.facts.machines), key=lambda place: (not seen.running[place], place))
        chosen = set(order[:wanted])
        return [place in chosen for place in range(self.facts.machines)]

    def count(self, seen: Seen, do_mg_l: float) -> int:
        """How many machines shall run."""
        raise NotImplementedError


class AlwaysOn(Counting):
    """All machines, always."""

    name = "always on"

    def count(self, seen: Seen, do_mg_l: float) -> int:  # noqa: ARG002
        """All."""
        return self.facts.machines


class Timer(Counting):
    """The farmer's habit (Boyd and McNevin 2021): half by day, all by night. It looks at no probe."""

    name = "timer"

    def minute(self, seen: Seen) -> list[bool]:
        """By the clock."""
        return super().minute(Seen(**{name: getattr(seen, name) for name in Seen.__slots__} | {"do_mg_l": 0.0}))

    def count(self, seen: Seen, do_mg_l: float) -> int:  # noqa: ARG002
        """Half from 6 to 18 h."""
        return self.facts.machines // 2 if 6 <= seen.hour % 24 < 18 else self.facts.machines


class Hysteresis(Counting):
    """All machines on below one value, off above another: what commercial units do."""

    def __init__(self, facts: Facts, low_mg_l: float, high_mg_l: float) -> None:
        super().__init__(facts)
        self.name = f"hysteresis {low_mg_l}/{high_mg_l}"
        self._low, self._high, self._on = low_mg_l, high_mg_l, False

    def count(self, seen: Seen, do_mg_l: float) -> int:  # noqa: ARG002
        """All or none."""
        if do_mg_l < self._low:
            self._on = True
        elif do_mg_l > self._high:
            self._on = False
        return self.facts.machines if self._on else 0


class Staged(Counting):
    """One more below the setpoint, one fewer above setpoint + band, a dwell between two steps; all on below 3.9."""

    name = "staged 4.3+0.6"
    setpoint_mg_l, band_mg_l, dwell_min, all_on_mg_l = 4.3, 0.6, 5, 3.9

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        self._wanted, self._stepped = 0, -1000

    def count(self, seen: Seen, do_mg_l: float) -> int:
        """One step at a time."""
        if do_mg_l < self.all_on_mg_l:
            self._wanted, self._stepped = self.facts.machines, seen.minute
        if seen.minute - self._stepped < self.dwell_min:
            return self._wanted
        if do_mg_l < self.setpoint_mg_l and self._wanted < self.facts.machines:
            self._wanted, self._stepped = self._wanted + 1, seen.minute
        elif do_mg_l > self.setpoint_mg_l + self.band_mg_l and self._wanted > 0:
            self._wanted, self._stepped = self._wanted - 1, seen.minute
        return self._wanted


class Pid(Counting):
    """simple-pid towards 4.5 mg/L, rounded to machines, moved every 10 minutes at most."""

    name = "PID 4.5"
    dwell_min = 10

    def __init__(self, facts: Facts) -> None:
        super().__init__(facts)
        most = facts.machines
        self._pid = PID(1.0 * most, 1.0 * most, 0.0, setpoint=4.5, sample_time=None, output_limits=(0, most))
        self._wanted, self._moved = 0, -1000

    def count(self, seen: Seen, do_mg_l: float) -> int:
        """Gains in machines per mg/L, per hour."""
        wish = round(self._pid(do_mg_l, dt=1 / 60) or 0.0)
        if wish != self._wanted and seen.minute - self._moved >= self.dwell_min:
            self._wanted, self._moved = wish, seen.minute
        return self._wanted
